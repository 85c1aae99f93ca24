"""Benchmarks that need nothing but a small data set run to their end."""

import importlib
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from atnet.matting.low_rank import read_spaces, split_convolutions
from atnet.matting.presets import read_model
from scene_files import disc_scene, save, write_composites
from training_files import write_backgrounds, write_training_set

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def test_the_data_pipeline_is_timed_by_workers_and_by_step(tmp_path):
    write_training_set(tmp_path, count=2)
    write_backgrounds(tmp_path / "bg")
    ran = subprocess.run(
        [
            *(sys.executable, BENCHMARKS / "data_pipeline.py", tmp_path),
            *("--size", "32", "--batch", "8", "--workers", "0"),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = ran.stdout.splitlines()
    assert lines[0].startswith("32 x 32, batches of 8")
    assert any(line.startswith("| 0 |") for line in lines)
    assert any(line.startswith("| composite |") for line in lines)


def test_methods_are_compared_on_a_page_and_an_earlier_run_is_reused(tmp_path):
    data = write_composites(tmp_path / "data")
    page, out = tmp_path / "page.md", tmp_path / "out"
    command = [
        *(sys.executable, BENCHMARKS / "quality.py", "--composition1k", data),
        *("--methods", "atnet-vgg16 standard", "closed-form", "--page", page, "--out", out),
    ]
    for scored in (4, 0):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        assert ran.stdout.count(": SAD ") == scored
        text = page.read_text(encoding="utf-8")
        assert "2 composites in Composition-1k's layout; trimaps supplied" in text
        assert "NOT comparable" in text
        assert text.count("\n| atnet-vgg16 standard ") == text.count("\n| closed-form ") == 1
    assert (out / "composites/closed-form/report.html").is_file()


def test_speeds_are_measured_and_their_medians_put_on_a_page(tmp_path):
    script, rows, page = BENCHMARKS / "speed.py", tmp_path / "rows.jsonl", tmp_path / "page.md"
    method, case = "atnet-lite, ONNX Runtime", [0.02, 0.2, "soft"]
    ran = subprocess.run(
        [sys.executable, script, "--one", json.dumps([method, *case])],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(ran.stdout)
    assert found["seconds"] > 0
    assert found["scale"] == 1
    # Medians 4, 5, 8 of 1, 2, 4 megapixels: twice as long for four times the size; and one failed.
    measured = [
        (size, method, second, 700)
        for size, seconds in ((1, (9, 1, 4)), (2, (4, 5, 6)), (4, (8, 8)))
        for second in seconds
    ] + [(2, "closed-form", 6.04, 500)]
    rows.write_text(
        "".join(
            json.dumps({
                "method": name, "case": [size, 0.2, "clear"], "round": number,
                "found": {"seconds": seconds, "megabytes": megabytes, "scale": 0.5},
            }) + "\n"
            for number, (size, name, seconds, megabytes) in enumerate(measured)
        ) + json.dumps({"method": "knn", "case": [2, 0.2, "clear"], "round": 0, "found": None})
    )  # fmt: skip
    subprocess.run(
        [sys.executable, script, "--rounds", "0", "--out", rows, "--page", page], check=True
    )
    lines = [" ".join(line.split()) for line in page.read_text().splitlines()]
    assert "| Mpixel | unknown | picture | shown at | " + method + " | closed-form |" in lines
    assert "| 2 | 20% | clear | 0.50 | 5.0 | 6.0 |" in lines
    assert "| 4 | 20% | clear | 0.50 | 8.0 | |" in lines
    assert "| 2 | 20% | clear | 0.50 | 700 | 500 |" in lines
    assert f"| {method} | | 0.50 |" in lines
    assert (tmp_path / "images" / "speed.svg").is_file()


def test_bands_are_compared_on_rough_masks_of_the_true_alphas(tmp_path):
    image, _, alpha = disc_scene()
    save(tmp_path / "input_training_lowres/disc.png", image)
    save(tmp_path / "gt_training_lowres/disc.png", alpha)
    ran = subprocess.run(
        [sys.executable, BENCHMARKS / "trimap_bands.py", tmp_path, "--quality", "fast",
         "--bands", "3", "12"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    scene, mean = ran.stdout.strip().splitlines()[-2:]
    assert scene.replace("disc", "mean") == mean
    narrow, wide = (int(cell.split("%")[0]) for cell in scene.split("|")[2:4])
    assert 0 < narrow < wide


def test_load_on_the_service_is_measured():
    ran = subprocess.run(
        [sys.executable, BENCHMARKS / "serve.py", "--requests", "8", "--clients", "4",
         "--queue", "2", "--scale", "0.1"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    row = ran.stdout.strip().splitlines()[-1].strip("| ").split(" | ")
    assert row[:5] == ["alpha", "fast", "0.1", "4", "8"]


ABLATION = """
[data]
size = 32
batch = 2
workers = 0
[network]
encoder = "efficientnet_lite0"
width = "half"
[run]
steps_per_epoch = 1
samples = 2
[encoder_decoder]
steps = 2
warmup = 1
[joint]
steps = 2
warmup = 1
"""


@pytest.mark.torch
def test_parts_are_taken_away_in_turn_and_what_has_ended_is_not_repeated(tmp_path):
    for suffix in ("", "_test"):
        write_training_set(tmp_path / "data", count=2, suffix=suffix)
    (tmp_path / "ablation.toml").write_text(ABLATION)
    out, page = tmp_path / "out", tmp_path / "page" / "ablation.md"
    page.parent.mkdir()
    command = [
        *(sys.executable, BENCHMARKS / "ablation.py", "--data", tmp_path / "data"),
        *("--config", tmp_path / "ablation.toml", "--out", out, "--page", page),
        *("--seeds", "1", "--samples", "1", "--variants", "baseline", "without refinement"),
    ]
    written = []
    for _ in range(2):
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
        text = page.read_text(encoding="utf-8")
        assert text.count("\n| without refinement ") == 2  # errors and costs
        written.append([path.stat().st_mtime_ns for path in sorted(out.rglob("*.json"))])
    assert len(written[0]) == 4
    assert written[0] == written[1]
    assert (page.parent / "images" / "ablation.svg").is_file()


@pytest.mark.torch
def test_a_difference_is_weighed_against_the_spread_of_both(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    page = importlib.import_module("ablation_page")

    def runs(*sads):
        return [page.Figures(1.0, [], {"sad": sad}, None) for sad in sads]

    # Means 2 and 2.5; variances 1 of three runs and 0.5 of two: (2 * 1 + 1 * 0.5) / 3.
    found = {"baseline": runs(1, 2, 3), "less": runs(2, 3), "once": runs(4)}
    change, noise = page.difference(found, "less", "drawn")
    assert change == pytest.approx(0.5)
    assert noise == pytest.approx(math.sqrt(2.5 / 3))
    assert page.judged(change, noise) == "within the noise"
    assert page.judged(1, noise) == "worse by 1.00"
    assert page.judged(-1, noise) == "better by 1.00"
    assert page.judged(*page.difference(found, "once", "drawn")) == "not to be told from one seed"
    found |= {"least": runs(2, 3), "most": runs(8, 9)}
    assert page.verdict(found).splitlines()[2:] == [
        "- within the noise on drawn: less; least.",
        "- not to be told from one seed on drawn: once.",
        "- worse by 6.50 on drawn: most.",
    ]


@pytest.mark.torch
def test_the_refinement_network_is_measured_with_and_without(tmp_path):
    image, trimap, alpha = disc_scene()
    save(tmp_path / "input_training_lowres/disc.png", image)
    save(tmp_path / "gt_training_lowres/disc.png", alpha)
    for number in (1, 2):
        save(tmp_path / f"trimap_training_lowres/Trimap{number}/disc.png", trimap)
    ran = subprocess.run(
        [sys.executable, BENCHMARKS / "refinement_network.py", tmp_path, "--presets", "atnet-lite"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    rows = [
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in ran.stdout.strip().splitlines()[-4:]
    ]
    assert [row[1:4] for row in rows] == [
        [f"Trimap{number}", output, "1"]
        for output in ("coarse alpha", "alpha")
        for number in (1, 2)
    ]
    coarse, _, refined, _ = (row[4:10] for row in rows)
    assert coarse != refined


def test_spaces_are_found_at_the_cost_that_is_wanted(tmp_path):
    data = write_composites(tmp_path / "data")
    out = tmp_path / "spaces.npz"
    command = [sys.executable, BENCHMARKS / "low_rank.py", data, "--out", out]
    command += ["--preset", "atnet-lite", "--share", "0.8"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    *rows, total = (
        [cell.strip() for cell in line.strip("| ").split("|")]
        for line in ran.stdout.splitlines()
        if line.startswith(("| node", "| all"))
    )
    assert 0.6 < float(total[4]) <= 0.8
    spaces = read_spaces(out.read_bytes())
    assert {name: space.basis.shape[1] for name, space in spaces.items()} == {
        row[0]: int(row[3]) for row in rows if row[3]
    }
    assert split_convolutions(read_model("atnet-lite"), spaces)
