"""Benchmarks that need nothing but a small data set run to their end."""

import subprocess
import sys
from pathlib import Path

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
