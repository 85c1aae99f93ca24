"""What users choose from; nothing is loaded for it, so that `--help` answers at once."""

from typing import Literal

EngineName = Literal["onnxruntime", "openvino"]
Quality = Literal["fast", "standard", "best"]
Refinement = Literal["colour-lines", "none"]
