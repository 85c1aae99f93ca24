"""The original's first command: the same as `atnet train encoder-decoder`.

Reads `data`, writes `runs/encoder-decoder`; `--help` lists the options.
"""

from atnet.__main__ import main

if __name__ == "__main__":
    main(["train", "encoder-decoder"])
