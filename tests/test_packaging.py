"""What an installer is told: one runtime for each of the two distributions, never both."""

import re
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager

import atnet

ROOT = Path(__file__).parents[1]
RUNTIMES = {"atnet": "onnxruntime", "atnet-gpu": "onnxruntime-gpu"}
FOLDERS = {"atnet": ROOT, "atnet-gpu": ROOT / "gpu"}


@pytest.fixture(params=FOLDERS)
def distribution(request):
    return ProjectMetadata(str(FOLDERS[request.param]), PluginManager())


def packages(requirements):
    return {re.split(r"[\[<>=!~; ]", requirement)[0] for requirement in requirements}


def test_each_distribution_has_one_runtime_in_whatever_extra(distribution):
    """An extra could only add the second one, and the two overwrite each other's files."""
    project = distribution.core
    runtime = RUNTIMES[project.name]
    assert runtime in packages(project.dependencies)
    everything = packages(project.dependencies).union(
        *(packages(needed) for needed in project.optional_dependencies.values())
    )
    others = set(RUNTIMES.values()) - {runtime}
    assert not everything & others
    assert not everything & (set(RUNTIMES) - {project.name})


def test_the_two_differ_in_nothing_else():
    base, gpu = (ProjectMetadata(str(folder), PluginManager()) for folder in FOLDERS.values())
    assert gpu.version == base.version == atnet.__version__

    def as_base(requirements):
        names = {"onnxruntime-gpu": "onnxruntime", "atnet-gpu": "atnet"}
        return sorted(re.sub("|".join(names), lambda m: names[m[0]], r) for r in requirements)

    assert as_base(gpu.core.dependencies) == sorted(base.core.dependencies)
    extras = gpu.core.optional_dependencies
    assert {name: as_base(needed) for name, needed in extras.items()} == {
        name: sorted(needed) for name, needed in base.core.optional_dependencies.items()
    }
    assert gpu.core.scripts == base.core.scripts
    assert gpu.core.requires_python == base.core.requires_python


def test_both_wheels_hold_the_same_files(tmp_path):
    held = {}
    for name, folder in FOLDERS.items():
        (wheel,) = WheelBuilder(str(folder)).build(directory=str(tmp_path), versions=["standard"])
        with zipfile.ZipFile(wheel) as archive:
            held[name] = {
                info.filename: info.CRC
                for info in archive.infolist()
                if info.filename.startswith("atnet/")
            }
    assert held["atnet"] == held["atnet-gpu"]
    weights = {"atnet/weights/atnet-vgg16.onnx", "atnet/weights/atnet-vgg16-spaces.npz"}
    assert weights <= held["atnet"].keys()
