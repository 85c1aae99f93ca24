"""A batch: any number of photographs, in several processes, with a journal to go on from."""

import contextlib
import functools
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field
from typing import Any

from atnet.choices import Place
from atnet.files.atomic import remove_leftovers
from atnet.files.journal import Entry, appending, resume
from atnet.files.problems import one_line
from atnet.files.storage import (
    Location,
    StoragePath,
    size_if_there,
)
from atnet.files.targets import check_absent
from atnet.jobs.cluster import work_on_ray
from atnet.jobs.fingerprints import fingerprints, sizes_below
from atnet.jobs.items import Item, Pairing, Writing, check_items, find_items, in_shard
from atnet.jobs.manifest import is_manifest, read_manifest
from atnet.jobs.photo import input_files, matte_photo
from atnet.jobs.workers import POLL, Killed, work_through
from atnet.matting.predictor import Matting
from atnet.parallel import usable_cores

MOST_WORKERS = 4
"""Processes unless told otherwise, one a core: each holds a model, and its own working memory."""
_RESTED = 3600  # seconds: other shards may be writing into the same folder
_DECISIVE = ("preset", "quality", "refine")  # of the predictor's options: what alpha depends on

Task = tuple[str, Item]
"""A fingerprint of all that the result depends on, and the item."""


@dataclass(frozen=True)
class Batch:
    """What is wanted.

    Attributes:
        source: Folder of photographs, or a manifest.
        writing: What is written, and where.
        pairing: How the photographs of a folder come to their hints.
        matting: Arguments of `Matting`; `threads` of each process, `max_memory` in each.
        workers: Processes; by default one a core, up to `MOST_WORKERS`, or all that Ray has room
            for.
        on: Where they are.
        shard: Index from 1, and number of shards: only that part of the items.
        resume: Go on with what the journal says is left.
        watch: Go on for ever with what arrives in the folder.
    """

    source: Location
    writing: Writing
    pairing: Pairing = field(default_factory=Pairing)
    matting: Mapping[str, Any] = field(default_factory=dict)
    workers: int | None = None
    on: Place = "local"
    shard: tuple[int, int] = (1, 1)
    resume: bool = False
    watch: bool = False


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        batch: What is wanted.
        tasks: What is there to do, without what is done already.
        kept: Fingerprints of what is.
        journal: A line for each item that is done or failed.
    """

    batch: Batch
    tasks: list[Task]
    kept: frozenset[str]
    journal: Location


def plan_batch(batch: Batch) -> Plan:
    """Finds all items, refuses what would go wrong, and prepares the journal.

    Args:
        batch: What is wanted.

    Returns:
        What is to be done.

    Raises:
        OSError: The folder or the journal cannot be written.
        ProblemsError: Lines of the manifest are bad.
        ValueError: There is nothing to do, outputs clash, or the journal would be overwritten.
    """
    items = _items(batch)
    if not (items or batch.watch):
        raise ValueError(f"{batch.source}: has no photographs")
    check_items(items)
    tasks = _tasks(batch, items)
    if not (batch.writing.overwrite or batch.resume):
        _check_absent(tasks)
    current = {fingerprint for fingerprint, _ in tasks}
    folder = batch.writing.folder
    _make(folder)
    journal = folder / _journal_name(*batch.shard)
    if batch.resume and not isinstance(folder, StoragePath):
        remove_leftovers(folder, older=0 if batch.shard[1] == 1 else _RESTED)
    sizes = sizes_below(folder) if batch.resume else {}.get
    kept = resume(
        journal, lambda entry: _holds(entry, current, sizes, journal), wanted=batch.resume
    )
    done = frozenset(entry["fingerprint"] for entry in kept)
    left = [task for task in tasks if task[0] not in done]
    if not batch.writing.overwrite:
        _check_absent(left)
    return Plan(batch, left, done, journal)


def run_batch(plan: Plan, tell: Callable[[Entry], None] = lambda _: None) -> None:
    """Does what is planned; an item that fails is recorded, and the others go on.

    Args:
        plan: What is to be done.
        tell: Called with each new entry of the journal.

    Raises:
        KeyboardInterrupt: As it came; no output is half-written, and the journal is whole.
        ChildProcessError: A process ended while it loaded the model.
        ImportError: The engine is not installed.
        OSError: The journal cannot be written.
        ValueError: An option of the predictor is none.
    """
    batch = plan.batch
    if not (plan.tasks or batch.watch):
        return
    with appending(plan.journal) as append:

        def record(task: Task, outcome: Entry) -> None:
            entry = _entry(task, outcome, plan.journal.parent)
            append(entry)
            tell(entry)

        with contextlib.closing(_results(plan, record)) as results:
            for task, outcome in results:
                record(task, _failure(outcome.reason) if isinstance(outcome, Killed) else outcome)


def matte_item(item: Item, matting: Matting) -> Entry:
    """Does an item; what goes wrong is part of what is returned.

    Args:
        item: What to do; the folders of its outputs are made.
        matting: The predictor.

    Returns:
        `error` and `warnings`, the lines that `atnet matte` prints, and `Done`'s attributes.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            for target in _targets(item):
                _make(target.parent)
            outcome = {"error": None, **asdict(matte_photo(item.job, matting))}
        except Exception as error:  # one bad photograph must not end the batch
            outcome = _failure(error)
    return {**outcome, "warnings": [one_line(warning.message) for warning in caught]}


def _results(
    plan: Plan, record: Callable[[Task, Entry], None]
) -> Generator[tuple[Task, Entry | Killed], None, None]:
    batch = plan.batch
    prepare = functools.partial(_prepare, batch.matting)
    threads, workers = batch.matting.get("threads"), batch.workers
    if batch.on == "ray":
        max_memory = batch.matting.get("max_memory")
        return work_on_ray(
            prepare, plan.tasks, workers=workers, threads=threads, max_memory=max_memory
        )
    workers = min(MOST_WORKERS, usable_cores()) if workers is None else workers
    if batch.watch:
        return work_through(prepare, _arrivals(plan, record), workers=workers, threads=threads)
    workers = min(workers, len(plan.tasks))
    return work_through(prepare, plan.tasks, workers=workers, threads=threads)


def _prepare(options: Mapping[str, Any], threads: int) -> Callable[[Task], Entry]:
    matting = Matting(**{**options, "threads": threads})
    return lambda task: matte_item(task[1], matting)


def _items(batch: Batch) -> list[Item]:
    source, out = batch.source, batch.writing.folder
    if batch.watch and (isinstance(source, StoragePath) or batch.on == "ray"):
        raise ValueError(f"{source}: only a folder of this machine can be watched, by itself")
    if source.is_dir():
        if out.resolve().is_relative_to(source.resolve()):
            raise ValueError(f"{out}: is inside of {source}, which is read; write elsewhere")
        return find_items(source, batch.pairing, batch.writing)
    if batch.watch:
        raise ValueError(f"{source}: is not a folder; only a folder can be watched")
    if source.suffix != ".jsonl":
        raise ValueError(f"{source}: is neither a folder nor a manifest that ends in .jsonl")
    return read_manifest(source, batch.writing)


def _tasks(batch: Batch, items: list[Item]) -> list[Task]:
    """The items of the shard with their fingerprints."""
    options = repr([batch.matting.get(name) for name in _DECISIVE])
    chosen = [item for item in items if in_shard(item.name, *batch.shard)]
    folders = [batch.pairing.folder, None if is_manifest(batch.source) else batch.source]
    prints = fingerprints(chosen, options, filter(None, folders))
    return list(zip(prints, chosen, strict=True))


def _journal_name(index: int, count: int) -> str:
    """Shards may run at the same time: each has a journal of its own."""
    return "batch.jsonl" if count == 1 else f"batch.{index}-of-{count}.jsonl"


def _entry(task: Task, outcome: Entry, folder: Location) -> Entry:
    fingerprint, item = task
    written = [] if outcome["error"] else _targets(item)
    outputs = {str(path.relative_to(folder.absolute())): size_if_there(path) for path in written}
    return {"image": item.name, "fingerprint": fingerprint, "outputs": outputs, **outcome}


def _holds(
    entry: Entry,
    current: Set[str],
    size: Callable[[str], int | None],
    journal: Location,
) -> bool:
    """Whether an item is done: its outputs are there and whole, its inputs unchanged."""
    if not isinstance(entry.get("outputs"), dict) or not {"fingerprint", "error"} <= entry.keys():
        raise ValueError(f"{journal}: is no journal of a batch; remove or rename it")
    outputs = entry["outputs"]
    unchanged = entry["error"] is None and entry["fingerprint"] in current
    return unchanged and outputs == {name: size(name) for name in outputs}


def _check_absent(tasks: list[Task]) -> None:
    check_absent(target for _, item in tasks for target in _targets(item))


def _make(folder: Location) -> None:
    if not isinstance(folder, StoragePath):  # which has no folders
        folder.mkdir(parents=True, exist_ok=True)


def _targets(item: Item) -> list[Location]:
    wanted = item.job.outputs.wanted().values()
    return [target for target in wanted if isinstance(target, Location)]


def _failure(reason: object) -> Entry:
    return {"error": one_line(reason), "warnings": []}


def _arrivals(plan: Plan, record: Callable[[Task, Entry], None]) -> Iterator[Task | None]:
    """What comes into the folder, once all of it is there and nobody writes to it any more."""
    taken, owners = set(plan.kept), {}
    before: Set[str] = frozenset()
    while True:
        found = _tasks(plan.batch, _items(plan.batch))
        now = {task[0]: task for task in found if _is_there(task[1])}
        for fingerprint in [one for one in now if one in before]:
            item = now[fingerprint][1]
            owner = next(owners.setdefault(target, item.name) for target in _targets(item))
            if fingerprint in taken:
                continue
            taken.add(fingerprint)
            if owner == item.name:
                yield now[fingerprint]
            else:
                record(now[fingerprint], _failure(f"{owner} has the same outputs; rename one"))
        before = now.keys()
        pause = time.monotonic() + POLL
        while time.monotonic() < pause:
            yield None


def _is_there(item: Item) -> bool:
    return all(path.is_file() for path in input_files(item.job).values())
