"""A storage for tests that several processes share, as s3fs is one: a package that fsspec finds."""

import os
import textwrap

PACKAGE = """
    import os, secrets
    from pathlib import Path
    from fsspec.implementations.dirfs import DirFileSystem

    class Shelf(DirFileSystem):
        protocol = "shelf"
        cachable = False

        def __init__(self, **options):
            super().__init__(path=os.environ["SHELF"], target_protocol="file")

        def pipe_file(self, path, value, mode="overwrite", **options):
            # Objects are there as a whole or not, as in a real storage.
            target = Path(self._join(path))
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{secrets.token_hex(4)}")
            part.write_bytes(value)
            part.replace(target)
"""


def install_shelf(folder):
    """Installs a driver of `shelf://` and makes its folder; returns the environment for both."""
    packages = folder / "packages"
    record = packages / "shelf-1.0.dist-info"
    record.mkdir(parents=True)
    (packages / "shelf.py").write_text(textwrap.dedent(PACKAGE))
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: shelf\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text("[fsspec.specs]\nshelf = shelf:Shelf\n")
    (folder / "objects").mkdir()
    paths = [str(packages), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {"PYTHONPATH": os.pathsep.join(paths), "SHELF": str(folder / "objects")}
