"""OpenVINO, where it is installed: the one place that loads it."""

import contextlib
import sys
from types import ModuleType
from typing import Any

import numpy as np

from atnet.matting.engines import PATIENCE

_MEMORY = {"float32": 1.3, "bfloat16": 0.8, "float16": 0.8}
"""Working memory by the numbers that it computes in, measured; ONNX Runtime's is 1."""


class OpenVino:
    """OpenVINO on the CPU: faster, most of all where the processor has half-precision arithmetic.

    There it computes in bfloat16 or float16, and alpha differs by up to 0.001 in the mean.

    Args:
        model: An ONNX file.
        threads: Of the CPU; 0 for all cores.

    Raises:
        ImportError: OpenVINO is not installed.
        RuntimeError: The model cannot run.
    """

    def __init__(self, model: bytes, threads: int = 0) -> None:
        core = load_openvino().Core()
        # Pinned threads of several processes would share one core and leave the others idle.
        options: dict[str, Any] = {"PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
        if threads:
            options["INFERENCE_NUM_THREADS"] = threads
        self._model = core.compile_model(core.read_model(model), "CPU", options)
        numbers = str(self._model.get_property("INFERENCE_PRECISION_HINT").to_string())
        full = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}.get(numbers, numbers)
        self.providers = [f"OpenVINO CPU {full}"]
        self.memory = _MEMORY.get(full, _MEMORY["float32"])

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32."""
        # A request serves one thread, and keeps its memory as long as it lives.
        request = self._model.create_infer_request()
        inputs = {
            "image": np.ascontiguousarray(image[None]),
            "trimap": np.ascontiguousarray(trimap[None, ..., None]),
        }
        request.start_async(inputs)
        try:
            while not request.wait_for(round(1000 * PATIENCE)):
                pass
            return np.array(request.results["alpha"])[0, ..., 0]
        except BaseException:
            request.cancel()
            with contextlib.suppress(RuntimeError):  # that it was cancelled
                request.wait()  # else its end would take it back, and run on
            raise


def load_openvino() -> ModuleType:
    """Imports OpenVINO without its telemetry, which would otherwise report home at its import.

    Returns:
        The module.

    Raises:
        ImportError: It is not installed.
    """
    # As if that package were not there: OpenVINO then takes the stub that it brings for this.
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
    try:
        import openvino  # noqa: PLC0415  (only where a network runs)
    except ImportError as error:
        raise ImportError("OpenVINO is missing; pip install 'atnet[openvino]'") from error
    return openvino
