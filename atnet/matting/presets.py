"""The models that ship with the package: files, digests, model cards; and those of users."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

WEIGHTS_FOLDER = Path(__file__).parents[1] / "weights"
DEFAULT_PRESET = "atnet-vgg16"
EXPORTED = ".onnx"
TRAINED = (".npz", ".keras")
"""Endings of files that training leaves; Keras runs those."""
BEST_WEIGHTS = "best.npz"
"""What a stage of training leaves in its folder."""


class PresetError(ValueError):
    """A preset is unknown, or its file is missing or damaged."""


@dataclass(frozen=True)
class Preset:
    """A shipped model.

    Attributes:
        name: What users ask for.
        summary: One line.
        parameters: Number of weights of the network it was exported from.
        network: Arguments of `ATNet`.
        megabytes: Size of the file, 10⁶ bytes.
        licence: Terms of the weights in one line.
        sha256: Digest of the file, checked whenever it is loaded.
        spaces_sha256: That of the file with the spaces in which outputs of its convolutions lie
            (`atnet.matting.low_rank`); `None` if there is none.
    """

    name: str
    summary: str
    parameters: int
    network: Mapping[str, str]
    megabytes: float
    licence: str
    sha256: str
    spaces_sha256: str | None = None

    @property
    def path(self) -> Path:
        """The ONNX file."""
        return WEIGHTS_FOLDER / f"{self.name}.onnx"

    @property
    def card(self) -> str:
        """The model card, Markdown: data, training, licence, measured quality, limits."""
        return (WEIGHTS_FOLDER / f"{self.name}.md").read_text(encoding="utf-8")

    def read(self) -> bytes:
        """Reads the file.

        Returns:
            The ONNX model.

        Raises:
            PresetError: The file is missing, or is not the one this version shipped with.
        """
        return _read_shipped(self.path, self.sha256)

    def read_spaces(self) -> bytes | None:
        """Reads the file of spaces, if there is one; raises as `read` does."""
        if self.spaces_sha256 is None:
            return None
        return _read_shipped(WEIGHTS_FOLDER / f"{self.name}-spaces.npz", self.spaces_sha256)


def _read_shipped(path: Path, sha256: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error}); reinstall atnet") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != sha256:
        raise PresetError(
            f"{path} is damaged: its SHA-256 is {digest[:12]}…, expected {sha256[:12]}…; "
            "reinstall atnet"
        )
    return content


PRESETS = {
    preset.name: preset
    for preset in (
        Preset(
            name="atnet-vgg16",
            summary="VGG16 encoder; second weights, for evaluation",
            parameters=23_332_071,
            network={"encoder": "vgg16"},
            megabytes=46.7,
            licence="Apache-2.0 file; trained on procedural foregrounds over photographs, part of "
            "them licensed for research, see the card",
            sha256="84243b302dcd2ba3bc7a7dd4b540b9cb45cba2cda7d03fc1385b0d7de401b419",
            spaces_sha256="b2d6352b549ae7a09b635a5dc646547a48cef65324946783e31af1f86d0f4c9e",
        ),
        Preset(
            name="atnet-lite",
            summary="EfficientNet-Lite0 encoder, half the channels; a third of the time, any use",
            parameters=5_266_519,
            network={"encoder": "efficientnet_lite0", "width": "half"},
            megabytes=10.5,
            licence="Apache-2.0; trained on procedural foregrounds over free photographs",
            sha256="12f73006b7b0d18acdf6924211cf3be89d9611bbc2fc104c21bbb6e03015d806",
        ),
    )
}
"""Name to preset."""
_ALLOWED = (
    f"allowed are {', '.join(PRESETS)}, a file that ends in {', '.join((EXPORTED, *TRAINED))}, and "
    "the folder of a training run"
)


def find(name: str) -> Preset:
    """Looks a shipped model up.

    Raises:
        PresetError: There is none of that name.
    """
    if name not in PRESETS:
        raise PresetError(f"preset is {name!r}; allowed are {', '.join(PRESETS)}")
    return PRESETS[name]


def find_model(preset: str | Path) -> Path:
    """Finds the file of a model.

    Args:
        preset: A name in `PRESETS`; a file that ends in `.onnx`, as `atnet export` writes it, or in
            `.npz` or `.keras`, as training does; or the folder of a training run, of which the
            stage that was trained last counts.

    Returns:
        Its path, which need not exist.

    Raises:
        PresetError: There is no such preset, or a folder without weights.

    Example:
        >>> find_model("atnet-lite").name
        'atnet-lite.onnx'
    """
    path = Path(preset)
    if str(preset) in PRESETS:
        return PRESETS[str(preset)].path
    if str(preset) and path.is_dir():
        return _latest_weights(path)
    if path.suffix in (EXPORTED, *TRAINED):
        return path
    raise PresetError(f"preset is {str(preset)!r}; {_ALLOWED}")


def read_model(preset: str | Path) -> bytes:
    """Reads the file of a model.

    Args:
        preset: As `find_model` takes it.

    Returns:
        Its content: an ONNX model, an archive of weights or a network of Keras.

    Raises:
        PresetError: There is no such preset or file, or a shipped file is damaged.

    Example:
        >>> len(read_model("atnet-vgg16")) > 10_000_000
        True
    """
    if str(preset) in PRESETS:
        return PRESETS[str(preset)].read()
    path = find_model(preset)
    try:
        return path.read_bytes()
    except OSError as error:
        raise PresetError(f"{path}: cannot be read ({error.strerror})") from error


def _latest_weights(run: Path) -> Path:
    """A run has a folder for each of its stages."""
    found = [
        path for path in (run / BEST_WEIGHTS, *run.glob(f"*/{BEST_WEIGHTS}")) if path.is_file()
    ]
    if not found:
        raise PresetError(f"preset is {str(run)!r}, which holds no {BEST_WEIGHTS}; {_ALLOWED}")
    return max(found, key=lambda path: path.stat().st_mtime_ns)
