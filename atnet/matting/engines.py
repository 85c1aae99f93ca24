"""What can run an exported network: ONNX Runtime here, OpenVINO and MNN beside this module.

Each answers float32 arrays with float32 alpha, from any thread.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from importlib import metadata, util
from types import ModuleType
from typing import Any, Protocol, TypeVar

import numpy as np

from atnet.choices import EngineName

Result = TypeVar("Result")
Provider = str | tuple[str, dict[str, Any]]
"""An execution provider as ONNX Runtime takes it: its name, or its name and options."""
_PREFERRED = ("CUDAExecutionProvider", "CPUExecutionProvider")
_MODULES: dict[EngineName, str] = {
    "onnxruntime": "onnxruntime", "openvino": "openvino", "mnn": "MNN",
}  # fmt: skip
PATIENCE = 0.1
"""Seconds after which Python looks whether Ctrl-C was pressed."""


class Engine(Protocol):
    """Runs a network, and stops within its next layer when Ctrl-C is pressed.

    Attributes:
        providers: What computes, first choice first.
        memory: Working memory, relative to ONNX Runtime's with the network as a whole on the CPU.
    """

    providers: list[str]
    memory: float

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32.

        It holds where the trimap is 0.5.
        """
        ...


def installed() -> list[EngineName]:
    """Names the engines that are there; what computes the same everywhere comes first."""
    return [name for name, module in _MODULES.items() if util.find_spec(module)]


class OnnxRuntime:
    """ONNX Runtime: the same alpha on every processor, CUDA where it is offered.

    Args:
        model: An ONNX file.
        threads: Of the CPU; 0 for all cores.
        providers: Execution providers in order of preference; `None` takes CUDA where it is
            offered, then the CPU.
        max_memory: Bound on an accelerator's memory, in bytes.

    Raises:
        ImportError: There is no ONNX Runtime.
        RuntimeError: The model cannot run.
        ValueError: Unknown provider.
    """

    memory = 1.0

    def __init__(
        self,
        model: bytes,
        threads: int = 0,
        providers: Sequence[Provider] | None = None,
        max_memory: int = 2 * 10**9,
    ) -> None:
        chosen = choose_providers(providers)
        # The weights of a file, which may be float16, are float32 in memory.
        bounded = [_bounded(provider, max_memory + 2 * len(model)) for provider in chosen]
        self._session = Session(model, threads, bounded)
        self.providers = list(self._session.session.get_providers())

    def __call__(self, image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        """Computes alpha `(H, W)` of an image `(H, W, 3)` and a trimap `(H, W)`, all float32."""
        inputs = {"image": image[None], "trimap": trimap[None, ..., None]}
        run = self._session.run
        return interruptible(lambda options: run(["alpha"], inputs, options))[0][0, ..., 0]


def choose_providers(wanted: Sequence[Provider] | None) -> list[Provider]:
    """Decides what computes: what is wanted, by default CUDA where it is offered, then the CPU.

    Raises:
        ImportError: There is no ONNX Runtime.
        ValueError: None is wanted, or one that is not offered here.
    """
    available = load_onnxruntime().get_available_providers()
    if wanted is None:
        return [name for name in _PREFERRED if name in available]
    names = [provider if isinstance(provider, str) else provider[0] for provider in wanted]
    if not names or not set(names) <= set(available):
        raise ValueError(f"providers are {list(wanted)}; available are {', '.join(available)}")
    return list(wanted)


def load_onnxruntime() -> ModuleType:
    """Imports ONNX Runtime, which would otherwise report home from its import on.

    Returns:
        The module.

    Raises:
        ImportError: Neither `onnxruntime` nor `onnxruntime-gpu` is installed.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime  # noqa: PLC0415  (only where a network runs)
    except ImportError as error:
        raise ImportError(
            "ONNX Runtime is missing; pip install onnxruntime, or onnxruntime-gpu for CUDA"
        ) from error
    _warn_of_two()
    return onnxruntime


def _bounded(provider: Provider, most: int) -> Provider:
    """Bounds CUDA's arena, which otherwise grows by doubling; the user's own options win."""
    name, options = (provider, {}) if isinstance(provider, str) else provider
    if name != "CUDAExecutionProvider":
        return provider
    bound = {"gpu_mem_limit": most, "arena_extend_strategy": "kSameAsRequested"}
    return name, {**bound, **options}


def _warn_of_two() -> None:
    """Both packages fill one folder: what runs then is a mixture, or what came last."""
    try:
        for name in ("onnxruntime", "onnxruntime-gpu"):
            metadata.version(name)
    except metadata.PackageNotFoundError:
        return
    warnings.warn(
        "onnxruntime and onnxruntime-gpu overwrite each other's files: uninstall both, then "
        "install one of them",
        stacklevel=4,
    )


class AnyNetwork:
    """ONNX Runtime with any network, such as one that finds salient objects.

    Attributes:
        inputs: Name, shape and type of each, as ONNX Runtime tells them: a size that is open is
            `None` or a name.
        outputs: Their names.

    Args:
        model: An ONNX file.
        threads: Of the CPU; 0 for all cores.

    Raises:
        ImportError: There is no ONNX Runtime.
        RuntimeError: The model cannot run.
    """

    def __init__(self, model: bytes, threads: int = 0) -> None:
        self._session = Session(model, threads, choose_providers(None))
        session = self._session.session
        self.inputs = [(one.name, one.shape, one.type) for one in session.get_inputs()]
        self.outputs = [one.name for one in session.get_outputs()]

    def __call__(self, values: np.ndarray, output: str) -> np.ndarray:
        """Computes one output of what the only input takes; raises `RuntimeError` if it cannot."""
        inputs, run = {self.inputs[0][0]: values}, self._session.run
        try:
            return interruptible(lambda options: run([output], inputs, options))[0]
        except Exception as error:  # ONNX Runtime's errors share no other base
            raise RuntimeError(str(error)) from error


class Session:
    """A network in ONNX Runtime.

    Attributes:
        session: ONNX Runtime's own.

    Args:
        model: An ONNX file; what is none raises `RuntimeError`.
        threads: Of the CPU; 0 for all cores.
        providers: From `choose_providers`.
    """

    def __init__(self, model: bytes, threads: int, providers: list[Provider]) -> None:
        onnxruntime = load_onnxruntime()
        options = onnxruntime.SessionOptions()
        # The arena keeps the largest pass's buffers for ever and trebles the peak; it saves no
        # time.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        try:
            self.session = onnxruntime.InferenceSession(model, options, providers=providers)
        except Exception as error:  # ONNX Runtime's errors share no other base
            raise RuntimeError(str(error)) from error

    def run(
        self, outputs: list[str], inputs: dict[str, np.ndarray], options: Any
    ) -> list[np.ndarray]:
        """Computes some outputs; the options are those that `interruptible` gives."""
        return [np.asarray(values) for values in self.session.run(outputs, inputs, options)]


def interruptible(work: Callable[[Any], Result]) -> Result:
    """Does work beside this thread, which hears Ctrl-C meanwhile.

    Args:
        work: Runs sessions with the options that it is given.

    Returns:
        What the work does. An interruption ends it within a network's next layer.
    """
    options = load_onnxruntime().RunOptions()
    options.log_severity_level = 4  # being stopped is no error
    return beside(lambda: work(options), lambda: setattr(options, "terminate", True))


def beside(work: Callable[[], Result], stop: Callable[[], None]) -> Result:
    """Does work beside this thread, which hears Ctrl-C meanwhile.

    Args:
        work: What is done in one other thread, from its beginning to its end.
        stop: Makes the work end early; called on an interruption alone.

    Returns:
        What the work does.
    """
    # One thread for all sessions: each has a heap of its own, of which it gives little back.
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(work)
        try:
            while not wait([run], PATIENCE).done:
                pass
        except BaseException:
            stop()
            raise
        return run.result()
