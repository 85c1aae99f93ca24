"""What users choose from; nothing is loaded for it, so that `--help` answers at once."""

from typing import Literal

EngineName = Literal["onnxruntime", "openvino", "mnn"]
Place = Literal["local", "ray"]
"""Where the workers of a batch are: processes of this machine, or actors of Ray."""
Quality = Literal["fast", "standard", "best"]
Refinement = Literal["colour-lines", "none"]
Reading = Literal["shown", "stored"]
"""On which pixels a hint was drawn: on the photograph as it is shown, or as its file stores it."""
