import dataclasses
import multiprocessing
import os
from pathlib import Path

import fsspec
import numpy as np
import pytest

from atnet.files.images import read_grey, write_image
from atnet.files.journal import appending, read_journal
from atnet.files.storage import StoragePath
from atnet.jobs.batch import Batch, matte_item, plan_batch, run_batch
from atnet.jobs.items import Item, Pairing, Writing
from atnet.jobs.outputs import Outputs
from atnet.jobs.photo import Job, matte_photo
from atnet.matting.predictor import Matting
from atnet.subjects.hints import DrawnTrimap
from batch_files import photographs

OPTIONS = {"quality": "fast", "threads": 1}


def batch(folder, **options):
    given = {"source": folder / "in", "writing": Writing(folder / "out"), "matting": OPTIONS}
    return Batch(**{**given, **options})


@pytest.fixture(scope="module")
def matted(tmp_path_factory):
    """A batch that ran: four photographs, of which one has no trimap and one is damaged."""
    folder = tmp_path_factory.mktemp("batch")
    photographs(folder / "in", 6)
    (folder / "in/a/x2.trimap.png").unlink()
    (folder / "in/b/x3.png").write_bytes((folder / "in/b/x3.png").read_bytes()[:-40])
    entries = []
    run_batch(plan_batch(batch(folder, workers=2)), entries.append)
    return folder, entries


def left(folder, **options):
    """What a resumed run would do; the journal stays as it is."""
    journal = folder / "out/batch.jsonl"
    before = journal.read_bytes()
    plan = plan_batch(batch(folder, resume=True, **options))
    journal.write_bytes(before)
    assert len(plan.tasks) + len(plan.kept) == 6
    return [item.name for _, item in plan.tasks]


def test_all_is_done_but_what_fails_and_that_is_named(matted):
    folder, entries = matted
    assert read_journal(folder / "out/batch.jsonl") == entries
    assert sorted(entry["image"] for entry in entries) == [
        "a/x0.png", "a/x2.png", "a/x4.png", "b/x1.png", "b/x3.png", "b/x5.png"
    ]  # fmt: skip
    errors = {entry["image"]: entry["error"] for entry in entries if entry["error"]}
    trimap = folder / "in/a/x2.trimap.png"
    assert errors.pop("a/x2.png") == f"{trimap}: cannot be read: No such file or directory"
    assert errors.pop("b/x3.png").startswith(f"{folder / 'in/b/x3.png'}: is damaged or truncated")
    assert errors == {}
    for entry in entries:
        name = f"{Path(entry['image']).with_suffix('')}.cutout.png"
        size = (folder / "out" / name).stat().st_size if entry["error"] is None else None
        assert entry["outputs"] == ({} if size is None else {name: size})
    written = {path.name for path in (folder / "out").rglob("*") if path.is_file()}
    assert written == {"batch.jsonl", *(f"x{number}.cutout.png" for number in (0, 1, 4, 5))}
    assert multiprocessing.active_children() == []


def test_the_result_is_that_of_one_photograph(matted, tmp_path):
    folder, _ = matted
    image = folder / "in/a/x4.png"
    outputs = Outputs(cutout=tmp_path / "one.png")
    matte_photo(Job(image, DrawnTrimap(folder / "in/a/x4.trimap.png"), outputs), Matting(**OPTIONS))
    assert (tmp_path / "one.png").read_bytes() == (folder / "out/a/x4.cutout.png").read_bytes()


def test_only_what_holds_is_not_done_again(matted):
    folder, _ = matted
    failed = ["a/x2.png", "b/x3.png"]
    assert left(folder) == failed
    assert left(folder, matting={**OPTIONS, "engine": "openvino", "max_memory": "1GB"}) == failed
    assert len(left(folder, matting={**OPTIONS, "quality": "best"})) == 6
    assert len(left(folder, writing=Writing(folder / "out", ("alpha",)))) == 6
    assert len(left(folder, pairing=Pairing("auto"))) == 6

    output = folder / "out/a/x0.cutout.png"
    whole = output.read_bytes()
    output.unlink()
    assert left(folder) == ["a/x0.png", *failed]
    output.write_bytes(whole[:-1])
    assert left(folder) == ["a/x0.png", *failed]
    output.write_bytes(whole)
    for changed in ("b/x1.png", "b/x5.trimap.png"):
        status = (folder / "in" / changed).stat()
        os.utime(folder / "in" / changed, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert left(folder) == ["a/x2.png", "b/x1.png", "b/x3.png", "b/x5.png"]


def test_a_journal_is_not_overwritten_unasked(matted):
    with pytest.raises(ValueError, match=r"batch\.jsonl: has 6 rows; continue with --resume"):
        plan_batch(batch(matted[0]))


def test_another_file_of_that_name_is_not_overwritten(tmp_path):
    photographs(tmp_path / "in", 1)
    (tmp_path / "out").mkdir()
    with appending(tmp_path / "out/batch.jsonl") as append:
        append({"image": "mine"})
    with pytest.raises(ValueError, match="is no journal of a batch"):
        plan_batch(batch(tmp_path, resume=True))
    assert read_journal(tmp_path / "out/batch.jsonl") == [{"image": "mine"}]


def test_shards_have_journals_of_their_own(tmp_path):
    photographs(tmp_path / "in", 20)
    plans = [plan_batch(batch(tmp_path, shard=(index, 3))) for index in (1, 2, 3)]
    names = [item.name for plan in plans for _, item in plan.tasks]
    assert len(names) == len(set(names)) == 20
    assert [plan.journal.name for plan in plans] == [
        "batch.1-of-3.jsonl", "batch.2-of-3.jsonl", "batch.3-of-3.jsonl"
    ]  # fmt: skip


def test_what_cannot_go_well_is_refused_before_anything_is_made(tmp_path):
    folder = photographs(tmp_path / "in", 2)
    (tmp_path / "empty").mkdir()
    (tmp_path / "twins").mkdir()
    for name in ("x.png", "x.jpg"):
        (tmp_path / "twins" / name).touch()
    (tmp_path / "linked").symlink_to(folder / "a")
    cases = {
        "has no photographs": {"source": tmp_path / "empty"},
        "is neither a folder nor a manifest": {"source": folder / "a/x0.png"},
        "only a folder can be watched": {"source": tmp_path / "list.jsonl", "watch": True},
        r"in/out: is inside of .*, which is read": {"writing": Writing(folder / "out")},
        "linked: is inside of": {"writing": Writing(tmp_path / "linked")},
        "x.jpg and cutout of x.png are one file": {"source": tmp_path / "twins"},
        "cannot hold 16 bits": {"writing": Writing(tmp_path / "out", ("alpha",), ".jpg", bits=16)},
    }
    for message, options in cases.items():
        with pytest.raises(ValueError, match=message):
            plan_batch(batch(tmp_path, **options))
    assert not (tmp_path / "out").exists()
    assert not (folder / "out").exists()


def test_a_model_that_cannot_be_loaded_is_one_error(tmp_path):
    photographs(tmp_path / "in", 2)
    plan = plan_batch(batch(tmp_path, matting={"preset": "none.onnx"}))
    with pytest.raises(ValueError, match=r"none\.onnx: cannot be read"):
        run_batch(plan)
    assert read_journal(plan.journal) == []


def test_a_killed_process_fails_its_item_and_the_others_go_on(tmp_path):
    """The process is killed while it has nothing to do: it dies of the next item."""
    photographs(tmp_path / "in", 4)
    entries = []

    def kill_once(entry):
        entries.append(entry)
        if len(entries) == 1:
            (process,) = multiprocessing.active_children()
            process.kill()

    run_batch(plan_batch(batch(tmp_path, workers=1)), kill_once)
    assert [entry["error"] is None for entry in entries] == [True, False, True, True]
    assert "was killed (SIGKILL), most likely for want of memory" in entries[1]["error"]
    plan = plan_batch(batch(tmp_path, resume=True))
    assert [item.name for _, item in plan.tasks] == [entries[1]["image"]]


class Broken(Matting):
    """A predictor whose accelerator fails."""

    def alpha(self, *_):
        raise RuntimeError("the accelerator\nis gone")


def test_warnings_and_what_nobody_expects_are_part_of_an_entry(tmp_path):
    folder = photographs(tmp_path, 1) / "a"
    trimap = read_grey(folder / "x0.trimap.png")
    grey = trimap == np.float32(128 / 255)
    write_image(folder / "x0.trimap.png", np.where(grey, np.float32(127 / 255), trimap))
    outputs = Outputs(alpha=tmp_path / "new/folder/alpha.png")
    item = Item("x0.png", Job(folder / "x0.png", DrawnTrimap(folder / "x0.trimap.png"), outputs))
    entry = matte_item(item, Matting(**OPTIONS))
    assert entry["error"] is None
    assert (entry["width"], entry["height"]) == (32, 32)
    assert read_grey(tmp_path / "new/folder/alpha.png").shape == (32, 32)
    (warning,) = entry["warnings"]
    assert str(grey.sum()) in warning
    entry = matte_item(item, Broken(**OPTIONS))
    assert entry == {"error": "the accelerator is gone", "warnings": [warning]}


@pytest.fixture
def stored():
    """The same photographs in a storage; this process alone sees them, so it does the work, too."""
    yield StoragePath("memory://photos"), StoragePath("memory://out")
    fsspec.filesystem("memory").store.clear()


def uploaded(folder, bucket):
    for path in folder.rglob("*.png"):
        (bucket / path.relative_to(folder).as_posix()).write_bytes(path.read_bytes())


def test_a_storage_is_planned_done_and_resumed_as_a_folder_is(stored, tmp_path):
    bucket, out = stored
    uploaded(photographs(tmp_path, 4), bucket)
    wanted = Batch(bucket, Writing(out, ("cutout", "alpha")), matting=OPTIONS)
    plan = plan_batch(wanted)
    assert [item.name for _, item in plan.tasks] == ["a/x0.png", "a/x2.png", "b/x1.png", "b/x3.png"]
    with pytest.raises(
        ValueError, match=r"memory://out: is inside of|is inside of memory://photos"
    ):
        plan_batch(Batch(bucket, Writing(bucket / "out")))
    matting = Matting(**OPTIONS)
    entry = matte_item(plan.tasks[0][1], matting)
    assert entry["error"] is None
    assert [path.relative_to(out).as_posix() for path in out.objects()] == [
        "a/x0.alpha.png", "a/x0.cutout.png", "batch.jsonl"
    ]  # fmt: skip
    matte_photo(
        Job(tmp_path / "a/x0.png", DrawnTrimap(tmp_path / "a/x0.trimap.png"),
            Outputs(cutout=tmp_path / "one.png")), matting
    )  # fmt: skip
    assert (out / "a/x0.cutout.png").read_bytes() == (tmp_path / "one.png").read_bytes()
    sizes = {f"a/x0.{kind}.png": (out / f"a/x0.{kind}.png").size() for kind in ("alpha", "cutout")}
    line = {"image": "a/x0.png", "fingerprint": plan.tasks[0][0], "outputs": sizes, **entry}
    with appending(plan.journal) as append:
        append(line)
    (bucket / "b/x1.trimap.png").write_bytes(b"changed")
    again = plan_batch(dataclasses.replace(wanted, resume=True))
    assert [item.name for _, item in again.tasks] == ["a/x2.png", "b/x1.png", "b/x3.png"]
    (out / "a/x0.alpha.png").write_bytes(b"cut off")
    assert len(plan_batch(dataclasses.replace(wanted, resume=True)).tasks) == 4
    failed = matte_item(again.tasks[1][1], matting)["error"]
    assert failed.startswith("memory://photos/b/x1.trimap.png: is not a JPEG")
    (bucket / "a/x2.png").write_bytes(b"")
    fsspec.filesystem("memory").rm_file("/photos/b/x3.png")
    assert matte_item(again.tasks[2][1], matting)["error"] == (
        "memory://photos/b/x3.png: cannot be read: no such object"
    )


def test_only_a_folder_of_this_machine_can_be_watched(stored, tmp_path):
    photographs(tmp_path / "in", 1)
    for options in ({"source": stored[0]}, {"on": "ray"}):
        with pytest.raises(ValueError, match="only a folder of this machine can be watched"):
            plan_batch(batch(tmp_path, watch=True, **options))
