"""Benchmarks that need nothing but a small data set run to their end."""

import subprocess
import sys
from pathlib import Path

from scene_files import disc_scene, save
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
    image, trimap, alpha = disc_scene()
    save(tmp_path / "data/mask_test/disc.png", alpha)
    for number in range(2):
        save(tmp_path / f"data/merged_test/disc_{number}.png", image)
        save(tmp_path / f"data/trimap_test/disc_{number}.png", trimap)
    page, out = tmp_path / "page.md", tmp_path / "out"
    command = [
        *(sys.executable, BENCHMARKS / "quality.py", "--composition1k", tmp_path / "data"),
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
