"""What all routes share: the model, the queues, the drafts."""

from collections.abc import Callable

import numpy as np
from fastapi import Request

from atnet.choices import Quality
from atnet.files.images import Photograph, read_photograph
from atnet.matting.predictor import Matting
from atnet.server.counters import Counters
from atnet.server.drafts import Drafts
from atnet.server.queue import WorkQueue
from atnet.server.settings import Settings
from atnet.server.uploads import Upload
from atnet.subjects.fitting import fitted
from atnet.trimaps import check_trimap

LIGHT_THREADS = 2


class Service:
    """One service; its model is loaded once, whatever the quality that is asked for.

    Attributes:
        settings: What the operator decided.
        mattings: The queue of what needs the network: one picture at a time has all cores.
        readings: The queue of all shorter work: decoding, encoding, trimaps.
        drafts: The page's photographs.
        counters: What `/metrics` tells.

    Args:
        settings: What the operator decided.

    Raises:
        ImportError: The engine is not installed.
        ValueError: As `Matting`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._matting = Matting(
            settings.preset,
            threads=settings.threads,
            max_memory=settings.max_memory,
            quality=settings.quality,
        )
        self.mattings = WorkQueue("matting", settings.places, 1, settings.timeout)
        self.readings = WorkQueue("reading", settings.places, LIGHT_THREADS, settings.timeout)
        self.drafts = Drafts(settings.drafts, settings.draft_bytes, settings.draft_idle)
        self.counters = Counters()
        self._watch(self.counters.watch)

    def matting(self, quality: Quality | None) -> Matting:
        """Returns the predictor of a quality; None is the operator's."""
        return self._matting if quality is None else self._matting.at_quality(quality)

    def _watch(self, watch: Callable[[str, str, Callable[[], float]], None]) -> None:
        for name in ("mattings", "readings"):
            queue: WorkQueue = getattr(self, name)
            watch(f"atnet_{name}_in_queue", "Places taken.", lambda queue=queue: queue.taken)
            watch(f"atnet_{name}_seconds", "Work so far.", lambda queue=queue: queue.seconds)
        watch("atnet_queue_places", "Places of each queue.", lambda: self.settings.places)
        watch("atnet_drafts", "Drafts in memory.", lambda: len(self.drafts))
        watch("atnet_draft_bytes", "Memory of drafts.", lambda: self.drafts.bytes)


def service_of(request: Request) -> Service:
    """Returns the service that a request was made to."""
    return request.app.state.service


def read_upload(form: Upload) -> tuple[Photograph, np.ndarray]:
    """Reads a photograph and makes its trimap.

    Returns:
        The photograph, and uint8 `(H, W)`.

    Raises:
        ValueError: Anything about the inputs.
    """
    photograph = read_photograph(form.image())
    trimap = fitted(form.hint(), photograph).trimap(photograph.pixels)
    check_trimap(trimap, photograph.pixels.shape)
    return photograph, trimap
