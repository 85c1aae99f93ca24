"""The original's second command: the same as `atnet train refinement`.

Reads `data`, writes `runs/refinement`; `--help` lists the options.
"""

from atnet.__main__ import main

if __name__ == "__main__":
    main(["train", "refinement"])
