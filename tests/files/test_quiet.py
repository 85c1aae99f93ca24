import os
import subprocess
import sys

import pytest

from atnet.files.quiet import native_silence


def test_both_ways_of_printing_are_silent_inside_and_work_again_after(capfd):
    with native_silence():
        os.write(2, b"from C")
        print("from a binding")  # noqa: T201
    os.write(2, b"after")
    print("later")  # noqa: T201
    assert capfd.readouterr() == ("later\n", "after")


def test_an_error_inside_gives_the_streams_back(capfd):
    with pytest.raises(ValueError, match="x"), native_silence():
        raise ValueError("x")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_a_closed_standard_error_does_not_matter():
    code = (
        "import os; os.close(2)\n"
        "from atnet.files.quiet import native_silence\n"
        "with native_silence(): print('no')\n"
        "print('yes')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert run.stdout == "yes\n"
