"""Bad and odd inputs of every command: the files, and what each command line must say of them."""

import json
import os
import shutil
from typing import NamedTuple

import h5py
import numpy as np
from PIL import Image

from atnet.files.images import encode_image
from image_files import opencv, png, saved, tiff


class Case(NamedTuple):
    """A command line, its exit code, and words that what it says must contain."""

    command: str
    says: str
    code: int = 1


SIZE = (40, 50)
_GREYS = np.full(SIZE, 128, np.uint8)
_GREYS[:10], _GREYS[-10:] = 0, 255
_PHOTO = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8)
_TINY = "matte photo.png --trimap trimap.png --quality fast"


def make_files(folder):
    """Writes all that the command lines name into an empty folder."""
    for name, data in _pictures().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    _make_odd_files(folder)
    _make_data_sets(folder)
    _make_batches(folder)
    with h5py.File(folder / "other.hdf5", "w") as file:
        file.attrs["layer_names"] = ["dense_1"]
        file.create_group("dense_1").attrs["weight_names"] = ["dense_1/kernel:0"]
        file["dense_1/dense_1/kernel:0"] = np.zeros((2, 3), np.float32)


def _pictures():
    photo, trimap = saved(_PHOTO, "PNG"), saved(_GREYS, "PNG")
    floats = (_PHOTO / np.float32(255)).astype(np.float32)
    bad = floats.copy()
    bad[0, 0] = np.nan
    drawn = np.dstack([_GREYS] * 3 + [np.where(_GREYS > 0, 255, 0).astype(np.uint8)])
    return {
        "photo.png": photo,
        "photo.jpg": saved(_PHOTO, "JPEG"),
        "photo.gif": saved(Image.fromarray(_PHOTO).quantize(16), "GIF"),
        "x[/q].png": photo,
        "trimap.png": trimap,
        "small.png": saved(_GREYS[:20], "PNG"),
        "wide.png": saved(np.full((10, 90), 128, np.uint8), "PNG"),
        "black.png": saved(np.zeros(SIZE, np.uint8), "PNG"),
        "white.png": saved(np.full(SIZE, 255, np.uint8), "PNG"),
        "hard.png": saved(np.where(_GREYS > 0, 255, 0).astype(np.uint8), "PNG"),
        "labels.png": saved((_GREYS // 127).astype(np.uint8), "PNG"),
        "classes.png": saved((_GREYS > 0).astype(np.uint8), "PNG"),
        "drawn.png": saved(drawn, "PNG"),
        "text.png": b"not an image",
        "empty.png": b"",
        "cut.png": photo[:2000],
        "cut.jpg": saved(_PHOTO, "JPEG")[:700],
        "cut.tif": tiff(_PHOTO.astype(np.uint16) * 257)[:900],
        "header.png": photo[:20],
        "bomb.png": png(60_000, 60_000),
        "zero.png": png(0, 10),
        "page.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        "page.pdf": b"%PDF-1.7\n",
        "camera.cr2": b"II*\0\x10\0\0\0CR\2\0" + bytes(64),
        "camera.nef": b"MM\0*" + bytes(64),
        "nan.tif": tiff(bad, _339=(3, 3, 3)),
        "range.tif": tiff(floats * 7, _339=(3, 3, 3)),
        "deep.png": opencv(_PHOTO.astype(np.uint16) * 257, ".png"),
        "model.onnx": b"no network",
        "weights.npz": b"no archive",
        "config.toml": b"[data\n",
        "unknown.toml": b"[data]\nbatches = 3\n",
        "straight.exr": encode_image(floats, ".exr"),
    }


def _make_odd_files(folder):
    (folder / "folder.png").mkdir()
    (folder / "loop1.png").symlink_to("loop2.png")
    (folder / "loop2.png").symlink_to("loop1.png")
    (folder / "gone.png").symlink_to("nowhere/else.png")
    os.mkfifo(folder / "pipe.png")


def _make_data_sets(folder):
    for name in ("image", "trimap", "alhpa"):
        (folder / "misspelt" / name).mkdir(parents=True)
        source = "photo.png" if name == "image" else "trimap.png"
        shutil.copy(folder / source, folder / "misspelt" / name / "a.png")
    (folder / "photos").mkdir()
    shutil.copy(folder / "photo.jpg", folder / "photos" / "a.jpg")
    shutil.copy(folder / "cut.jpg", folder / "photos" / "b.jpg")
    shutil.copy(folder / "cut.png", folder / "photos" / "c.png")
    (folder / "photos" / "._a.jpg").write_bytes(b"resource fork")
    (folder / "nothing").mkdir()


def _make_batches(folder):
    (folder / "twins").mkdir()
    shutil.copy(folder / "photo.png", folder / "twins" / "a.png")
    shutil.copy(folder / "photo.jpg", folder / "twins" / "a.jpg")
    lines = {
        "broken": "{",
        "array": "[1]",
        "nothing": json.dumps({}),
        "two": json.dumps({"image": "photo.png", "trimap": "trimap.png", "auto": True}),
        "escape": json.dumps({"image": "photo.png", "auto": True, "alpha": "../a.png"}),
        "box": json.dumps({"image": "photo.png", "box": [1, 2, 3]}),
        "key": json.dumps({"image": "photo.png", "trimap": "trimap.png", "colour": 1}),
        "deep": "[" * 100_000,
        "blank": "",
    }
    for name, line in lines.items():
        (folder / f"{name}.jsonl").write_text(line + "\n")
    (folder / "binary.jsonl").write_bytes(b"\xff\xfe\0")


_IMAGES = {
    "missing.png": "No such file",
    "text.png": "is not a JPEG",
    "empty.png": "is empty",
    "cut.png": "truncated",
    "cut.jpg": "truncated",
    "cut.tif": "truncated",
    "header.png": "broken header",
    "bomb.png": "pixels are allowed",
    "zero.png": "",
    "page.svg": "is not a JPEG",
    "page.pdf": "is not a JPEG",
    "camera.cr2": "is camera raw",
    "camera.nef": "is camera raw",
    "nan.tif": "scale them to 0 to 1",
    "range.tif": "scale them to 0 to 1",
    "folder.png": "is not a file",
    "loop1.png": "links",
    "gone.png": "No such file",
    "pipe.png": "is not a file",
    "/dev/null": "is not a file",
    "''": "is not a file",
}
_TRIMAPS = {
    "missing.png": "No such file",
    "small.png": "give a trimap of the image's size",
    "black.png": "every pixel is 0",
    "white.png": "every pixel is 255",
    "labels.png": "labels and no greys",
    "classes.png": "give labels 0 and 1 as a mask",
    "photo.png": "is coloured",
    "text.png": "is not a JPEG",
    "cut.png": "truncated",
    "folder.png": "is not a file",
}
_TARGETS = {
    "photo.png": "would replace the image",
    "./trimap.png": "would replace the trimap",
    "folder.png": "exists and is not a file",
    "nowhere/a.png": "create it first",
    "loop1.png": "links go in a circle",
    "a.gif": "cannot write files that end in '.gif'",
    "a": "cannot write files that end in ''",
    "/dev/null": "",
    "/proc/a.png": "cannot be written",
}
_OPTIONS = {
    "--preset nothing": "allowed are",
    "--preset model.onnx": "model.onnx",
    "--preset missing.onnx": "missing.onnx",
    "--bits 7": "only 8 or 16",
    "--background nothing.png": "nothing.png",
    "--background cut.png --composite c.png": "truncated",
    "--background '#12'": "#12",
    "--crop wide": "give a margin",
    "--crop -5": "give a margin",
    "--max-memory lots": "lots",
    "--max-memory 1kB": "memory",
    "--threads 0": "threads",
}
CASES = [
    *(
        Case(f"matte {name} --trimap trimap.png --alpha o.png", says)
        for name, says in _IMAGES.items()
    ),
    *(
        Case(f"trimap {name} --mask hard.png -o o.png", says)
        for name, says in [*_IMAGES.items()][::3]
    ),
    *(
        Case(f"matte photo.png --trimap {name} --alpha o.png", says)
        for name, says in _TRIMAPS.items()
    ),
    *(Case(f"{_TINY} --cutout {name}", says) for name, says in _TARGETS.items()),
    *(Case(f"{_TINY} --alpha o.png {option}", says) for option, says in _OPTIONS.items()),
    Case(f"{_TINY} --alpha o.png --cutout ./o.png", "are one file"),
    Case(f"{_TINY} --alpha photo.png --cutout trimap.png", "the trimap trimap.png"),
    Case(f"{_TINY} --alpha photo.png --cutout trimap.png", "the image photo.png"),
    Case(f"{_TINY} --cutout o.jpg", "no alpha channel"),
    Case(f"{_TINY} --alpha - --json", "both want standard output", 2),
    Case(f"{_TINY} --alpha - --cutout -", "only one file can be -", 2),
    Case("matte photo.png photo.jpg --trimap trimap.png", "atnet batch FOLDER", 2),
    Case("matte photo.png", "give exactly one of", 2),
    Case("matte photo.png --trimap trimap.png --auto", "give exactly one of", 2),
    Case("matte photo.png --trimap trimap.png --band 3", "--band does nothing", 2),
    Case("matte photo.png --box 1,2 --alpha o.png", "give x,y,width,height", 2),
    Case("matte photo.png --box 90,90,5,5 --alpha o.png", "box"),
    Case("matte photo.png --mask hard.png --band wide --alpha o.png", "give pixels"),
    Case("matte photo.png --mask black.png --alpha o.png", "mask: its values are 0 to 0"),
    Case("matte photo.png --mask white.png --alpha o.png", "all of it foreground"),
    Case("matte photo.png --mask small.png --alpha o.png", "give a mask of the image's size"),
    Case("matte photo.png --from-alpha black.png --alpha o.png", "all of it background"),
    Case("matte photo.png --scribbles black.png --alpha o.png", "no white strokes"),
    Case("matte photo.png --scribbles small.png --alpha o.png", "scribbles: have the shape"),
    Case("matte photo.png --mask-model model.onnx --alpha o.png", "model"),
    Case("matte - --trimap trimap.png --alpha o.png", "is empty"),
    Case("trimap photo.png --mask hard.png -o photo.png", "would replace the image"),
    Case("trimap photo.png --mask hard.png -o o.jpg", "use .png"),
    Case("trimap photo.png --mask small.png -o o.png", "give a mask of the image's size"),
    Case("trimap photo.png --mask black.png -o o.png", "all of it background"),
    Case("trimap photo.png -o o.png", "give exactly one of", 2),
    Case("demo --out photo.png", "photo.png"),
    Case(f"{_TINY} --alpha small.png --no-clobber", "small.png: exists"),
    Case(f"{_TINY} --alpha small.png --cutout wide.png --no-clobber", "wide.png: exists"),
    Case("trimap photo.png --mask hard.png -o small.png --no-clobber", "small.png: exists"),
    Case("export weights.npz -o small.png --no-clobber", "small.png: exists"),
    Case("synthesize --out photos --no-clobber", "photos: exists"),
    Case("synthesize --gallery small.png --no-clobber", "small.png: exists"),
    Case("matte photo.png --trimap wide.png --resize-trimap --alpha o.png", "of the same shape"),
    Case("matte photo.png --mask hard.png --resize-trimap --alpha o.png", "needs --trimap", 2),
    Case("batch twins --out o --auto --resize-trimap", "for folders with trimaps", 2),
    Case("score missing.png trimap.png trimap.png", "No such file"),
    Case("score trimap.png trimap.png small.png", "trimap"),
    Case("score trimap.png photo.png trimap.png", "is coloured"),
    Case("score cut.png trimap.png trimap.png", "truncated"),
    Case("score trimap.png trimap.png labels.png", "labels and no greys"),
    Case("score trimap.png trimap.png hard.png", "nothing is scored", 0),
    Case("evaluate folder misspelt", "rename it to alpha"),
    Case("evaluate folder nothing", "no subfolder image"),
    Case("evaluate folder missing", "no subfolder image"),
    Case("evaluate alphamatting nothing", "nothing"),
    Case("evaluate composition1k nothing", "nothing"),
    Case("evaluate folder misspelt --resume", "--resume needs --report", 2),
    Case("synthesize --photos nothing --out d", "has no photographs"),
    Case("synthesize --photos missing --out d", "is not a folder"),
    Case("synthesize --photos photos --count 2 --out d", "photos/b.jpg"),
    Case("synthesize --photos photos --count 2 --out d", "photos/c.png"),
    Case("synthesize --count 0 --out d", "count", 2),
    Case("compose --data nothing", "is not a folder"),
    Case("compose --data missing", "is not a folder"),
    Case("train joint --config missing.toml", "missing.toml: No such file"),
    Case("train joint --config config.toml", "config.toml"),
    Case("train joint --config unknown.toml", "batches"),
    Case("train nothing", "nothing", 2),
    Case("export missing.npz -o o.onnx", "no such file"),
    Case("export weights.npz -o o.onnx", "weights.npz"),
    Case("export photo.png -o o.onnx", "allowed are"),
    Case("import-original missing.hdf5 -o o.npz", "no such file"),
    Case("import-original photo.png -o o.npz", "photo.png: not a readable HDF5 file"),
    Case("import-original other.hdf5 -o o.npz", "expected a layer named one of block1_conv1"),
    Case("import-original other.hdf5 -o o.onnx", "give a name that ends in .npz"),
    Case("import-original other.hdf5 -o other.hdf5", "would replace the file other.hdf5"),
    Case("import-original other.hdf5 -o nowhere/o.npz", "create it first"),
    Case("import-original other.hdf5 -o small.png --no-clobber", "small.png: exists"),
    Case("models nothing", "allowed are"),
    Case("batch nothing --out o", "has no photographs"),
    Case("batch missing --out o", "neither a folder nor a manifest"),
    Case("batch photo.png --out o", "neither a folder nor a manifest"),
    Case("batch missing.jsonl --out o", "missing.jsonl: No such file"),
    Case("batch twins --out o", "are one file"),
    Case("batch twins --out twins/o", "write elsewhere"),
    Case("batch twins --out o --shard 3/2", "give i/n", 2),
    Case("batch twins --out o --write colour", "allowed are alpha", 2),
    Case("batch twins --out o --suffix .gif", "cannot write files"),
    Case("batch twins --out o --trimaps missing", "is not a folder"),
    Case("batch twins --out o --auto --masks nothing", "at most one", 2),
    Case("batch broken.jsonl --out o --auto", "are for folders", 2),
    Case("batch broken.jsonl --out o", "line 1: is no JSON object"),
    Case("batch array.jsonl --out o", "line 1: is no JSON object"),
    Case("batch deep.jsonl --out o", "line 1: is no JSON object"),
    Case("batch binary.jsonl --out o", "line 1: is no JSON object"),
    Case("batch nothing.jsonl --out o", "image must be the name"),
    Case("batch two.jsonl --out o", "exactly one of"),
    Case("batch escape.jsonl --out o", "outside of the output folder"),
    Case("batch box.jsonl --out o", "[x, y, width, height]"),
    Case("batch key.jsonl --out o", "has colour"),
    Case("batch blank.jsonl --out o", "has no photographs"),
]
"""What is refused, or said besides."""

RIGHT = {
    "photo.gif": "trimap.png",
    "x[/q].png": "trimap.png",
    "photo.png": "drawn.png",
    "deep.png": "trimap.png",
    "photo.jpg": "trimap.png",
}
"""What is odd but right: photographs and their trimaps, each that of `trimap.png`."""
