"""Reads the metadata of `atnet-gpu` from that of `atnet`, with the other runtime."""

import tomllib
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

COPIED = ("description", "license", "requires-python", "keywords", "classifiers", "scripts")


class OtherRuntime(MetadataHookInterface):
    """Takes `onnxruntime-gpu` where `atnet` takes `onnxruntime`."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Fills in what pyproject.toml declares as dynamic."""
        text = (Path(self.root).parent / "pyproject.toml").read_text(encoding="utf-8")
        base = tomllib.loads(text)["project"]
        metadata.update({name: base[name] for name in COPIED})
        metadata["dependencies"] = _for_gpu(base["dependencies"])
        metadata["optional-dependencies"] = {
            extra: _for_gpu(needed) for extra, needed in base["optional-dependencies"].items()
        }


def _for_gpu(requirements: list[str]) -> list[str]:
    return [
        requirement.replace("onnxruntime>", "onnxruntime-gpu>").replace("atnet[", "atnet-gpu[")
        for requirement in requirements
    ]
