from pathlib import Path

import pytest

from atnet.files.problems import ProblemsError
from atnet.files.storage import StoragePath
from atnet.jobs.items import Writing
from atnet.jobs.manifest import read_manifest
from atnet.jobs.outputs import Outputs
from atnet.jobs.photo import Job
from atnet.subjects.hints import Box, DrawnTrimap, NoHint, RoughMask


def read(folder, *lines):
    path = folder / "list.jsonl"
    path.write_bytes(
        b"\n".join(line if isinstance(line, bytes) else line.encode() for line in lines)
    )
    return read_manifest(path, Writing(folder / "out"))


def test_every_kind_of_line(tmp_path):
    items = read(
        tmp_path,
        '{"image": "a/x.jpg", "trimap": "t.png"}',
        "",
        b'\xef\xbb\xbf{"image": "a/\xc3\xa4.jpg", "mask": "a/m.png"}',  # byte-order mark
        '{"image": "y.jpg", "box": [1, 2, 30, 40], "cutout": "c/y1.png", "alpha": "y2.tif"}',
        '{"image": "/elsewhere/z.jpg", "auto": true, "cutout": "z.png"}\r',
    )
    out = tmp_path / "out"
    assert [item.name for item in items] == ["a/x.jpg", "a/ä.jpg", "y.jpg", "/elsewhere/z.jpg"]
    assert items[0].job == Job(
        tmp_path / "a/x.jpg",
        DrawnTrimap(tmp_path / "t.png"),
        Outputs(cutout=out / "a/x.cutout.png"),
    )
    assert items[1].job.hint == RoughMask(tmp_path / "a/m.png")
    assert items[2].job.hint == Box(1, 2, 30, 40)
    assert items[2].job.outputs == Outputs(cutout=out / "c/y1.png", alpha=out / "y2.tif")
    assert str(items[3].job.image) == "/elsewhere/z.jpg"
    assert items[3].job.hint == NoHint()


BAD = {
    b"{": "is no JSON object",
    b"[1]": "is no JSON object",
    b"\xff\xfe{": "is no JSON object",
    b"[" * 100_000: "is no JSON object",
    b"{}": "image must be the name of a file",
    b'{"image": 7, "auto": true}': "image must be the name of a file",
    b'{"image": "", "auto": true}': "image must be the name of a file",
    b'{"image": "a\\u0000.jpg", "auto": true}': "image must be the name of a file",
    b'{"image": "x.jpg"}': "needs exactly one of trimap, mask, box, auto",
    b'{"image": "x.jpg", "auto": true, "mask": "m.png"}': "needs exactly one of",
    b'{"image": "x.jpg", "auto": 1}': "auto must be true",
    b'{"image": "x.jpg", "trimap": null}': "trimap must be the name of a file",
    b'{"image": "x.jpg", "box": "1,2,3,4"}': "box must be [x, y, width, height]",
    b'{"image": "x.jpg", "box": [1, 2, 3]}': "box must be",
    b'{"image": "x.jpg", "box": [1, 2, 3, true]}': "box must be",
    b'{"image": "x.jpg", "trimp": "t.png"}': "has trimp; allowed are image, trimap,",
    b'{"image": "x.jpg", "auto": true, "cutout": "../x.png"}': "outside of the output folder",
    b'{"image": "x.jpg", "auto": true, "cutout": "/x.png"}': "outside of the output folder",
    b'{"image": "../x.jpg", "auto": true}': "../x.cutout.png is outside of the output folder",
    b'{"image": "x.jpg", "auto": true, "cutout": "x.gif"}': "cannot write files that end in '.gif'",
    b'{"image": "x.jpg", "auto": true, "cutout": "x.jpg"}': "no alpha channel",
}


def test_all_bad_lines_are_named_by_their_numbers(tmp_path):
    with pytest.raises(ProblemsError) as caught:
        read(tmp_path, '{"image": "good.jpg", "auto": true}', *BAD)
    assert caught.value.consequence == f"{tmp_path / 'list.jsonl'}: nothing was done"
    expected = zip(caught.value.problems, BAD.values(), strict=True)
    for number, (problem, message) in enumerate(expected, 2):
        assert problem.startswith(f"line {number}: ")
        assert message in problem


def test_a_missing_manifest_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match=r"none\.jsonl"):
        read_manifest(tmp_path / "none.jsonl", Writing(tmp_path))


def test_inputs_may_be_urls_and_outputs_are_named_by_what_follows_the_protocol(tmp_path):
    url, local, odd = read(
        tmp_path,
        '{"image": "s3://bucket/a/x.jpg", "trimap": "gs://other/t.png"}',
        '{"image": "file:///elsewhere/y.jpg", "auto": true, "cutout": "y.png"}',
        '{"image": "z.jpg", "mask": "s3://bucket/m.png"}',
    )
    assert url.job.image == StoragePath("s3://bucket/a/x.jpg")
    assert url.job.hint == DrawnTrimap(StoragePath("gs://other/t.png"))
    assert url.job.outputs == Outputs(cutout=tmp_path / "out/bucket/a/x.cutout.png")
    assert str(local.job.image) == "/elsewhere/y.jpg"
    assert odd.job.image == tmp_path / "z.jpg"
    assert odd.job.hint == RoughMask(StoragePath("s3://bucket/m.png"))


def test_a_manifest_may_lie_in_a_storage(tmp_path):
    path = StoragePath("memory://lists/day/list.jsonl")
    path.write_bytes(b'{"image": "x.jpg", "trimap": "/shared/t.png"}\n{"image": "../y.jpg"}\n')
    with pytest.raises(ProblemsError, match=r"memory://lists/day/list\.jsonl: nothing was done"):
        read_manifest(path, Writing(tmp_path))
    path.write_bytes(b'{"image": "x.jpg", "trimap": "/shared/t.png"}\n')
    (item,) = read_manifest(path, Writing(StoragePath("memory://out")))
    assert str(item.job.image) == "memory://lists/day/x.jpg"
    assert item.job.hint == DrawnTrimap(Path("/shared/t.png"))
    assert str(item.job.outputs.cutout) == "memory://out/x.cutout.png"
    path.write_bytes(b'{"image": "x.jpg", "auto": true, "cutout": "../x.png"}\n')
    with pytest.raises(ProblemsError, match="is outside of the output folder"):
        read_manifest(path, Writing(StoragePath("memory://out")))
