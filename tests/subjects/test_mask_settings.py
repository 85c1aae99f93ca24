import re
from dataclasses import replace
from pathlib import Path

import pytest

from atnet.subjects.mask_settings import MASK_PRESETS, MaskSettings, read_settings


def test_presets_are_what_the_authors_programs_do():
    u2net, isnet, birefnet = (read_settings(Path("n.onnx"), name) for name in MASK_PRESETS)
    assert (u2net.size, isnet.size, birefnet.size) == ((320, 320), (1024, 1024), (1024, 1024))
    assert u2net.mean == birefnet.mean == (0.485, 0.456, 0.406)
    assert u2net.std == birefnet.std == (0.229, 0.224, 0.225)
    assert (isnet.mean, isnet.std) == ((0.5, 0.5, 0.5), (1, 1, 1))
    assert (u2net.stretch, isnet.stretch, birefnet.sigmoid) == (True, True, True)


def test_the_pages_example_says_what_its_preset_says(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "trimaps.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    (tmp_path / "net.toml").write_text(example)
    found = read_settings(tmp_path / "net.onnx")
    assert found.output == "mask"
    assert replace(found, output=None) == read_settings(Path("n.onnx"), "birefnet")


def test_later_settings_overrule_earlier_ones(tmp_path):
    model = tmp_path / "net.onnx"
    (tmp_path / "net.toml").write_text('preset = "isnet"\nsize = [256, 512]\noutput = "d1"\n')
    beside = read_settings(model)
    assert (beside.size, beside.mean, beside.output) == ((256, 512), (0.5, 0.5, 0.5), "d1")
    told = read_settings(model, "birefnet", "size = 64, mean = [0, 0.5, 1]")
    assert told == MaskSettings(
        (64, 64), (0.0, 0.5, 1.0), (0.229, 0.224, 0.225), output="d1", sigmoid=True
    )


@pytest.mark.parametrize(
    ("preset", "text", "message"),
    [
        (None, "", "nothing says how its pictures must be; name a preset .*write net.toml"),
        ("yolo", "", "mask preset is 'yolo'; allowed are u2net, isnet, birefnet"),
        ("u2net", "sise = 3", "sise is unknown; allowed are preset, by_maximum, mean"),
        ("u2net", "size = 0", "size is 0; it must be a number of pixels"),
        ("u2net", "size = true", "size is True"),
        ("u2net", "size = [9000, 3]", "size is"),
        ("u2net", "size = 1.5", "size is"),
        ("u2net", "mean = 0.5", r"mean is 0.5; it must be \[red, green, blue\]"),
        ("u2net", "std = [1, 1, 0]", "std is"),
        ("u2net", "std = [1, 1, nan]", "std is"),
        ("u2net", "std = [1, 1]", "std is"),
        ("u2net", "sigmoid = 1", "sigmoid is 1; it must be true or false"),
        ("u2net", "output = 2", "output is 2"),
        ("u2net", "size: 3", "mask settings: is no TOML"),
        ("u2net", "size = 3}\n[x", "mask settings: is no TOML"),
    ],
)
def test_wrong_settings_are_one_line(tmp_path, preset, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read_settings(tmp_path / "net.onnx", preset, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"size = ", b"\xff\xfe"])
def test_a_file_that_is_no_toml_is_named(tmp_path, content):
    (tmp_path / "net.toml").write_bytes(content)
    with pytest.raises(ValueError, match=r"net\.toml: is no TOML"):
        read_settings(tmp_path / "net.onnx", "u2net")
