"""Photographs that are being worked on, in memory: bounded in number, bytes and idle time."""

import secrets
import threading
import time
from collections.abc import Callable

import numpy as np

from atnet.arrays import quantised, to_float
from atnet.choices import Quality
from atnet.files.images import Photograph
from atnet.foreground import estimate_foreground
from atnet.matting.predictor import Estimate
from atnet.server.refusals import Refusal
from atnet.tiling import Rectangle, surroundings

BYTES_PER_PIXEL = 6 + 1 + 5 + 6
"""Of a draft: image, trimap, what was estimated, foreground."""
REACH = 128
"""How far an alpha has a say in foreground colours, in pixels: as their own tiles take it."""


class Draft:
    """A photograph, its trimap, and what was made of them.

    Attributes:
        id: Cannot be guessed: who knows it may see and change the draft.
        image: uint16 `(H, W, 3)`, in which files of 8 and of 16 bits are exact.
        trimap: uint8 `(H, W)`, or None.
        estimate: The latest alpha, or None.
        quality: Of the latest alpha, as it was asked for.
        version: Of the alpha; 0 is none.

    Args:
        photograph: As it was read.
        trimap: uint8 `(H, W)`, or None.
    """

    def __init__(self, photograph: Photograph, trimap: np.ndarray | None = None) -> None:
        self.id = secrets.token_urlsafe(18)
        self.image = quantised(photograph.pixels, 16)
        self._metadata = photograph.metadata
        self.trimap = trimap
        self.estimate: Estimate | None = None
        self.quality: Quality | None = None
        self.version = 0
        self._foreground: np.ndarray | None = None
        self._stale: np.ndarray | None = None
        self._lock = threading.Lock()

    @property
    def bytes(self) -> int:
        """What it takes in memory, once all is made."""
        return BYTES_PER_PIXEL * self.image.shape[0] * self.image.shape[1]

    def photograph(self) -> Photograph:
        """Returns the photograph, as `read_photograph` does."""
        return Photograph(to_float(self.image), self._metadata)

    def set_estimate(self, estimate: Estimate, quality: Quality | None) -> Rectangle:
        """Takes a new alpha.

        Returns:
            The box around all that differs from the alpha before; empty if nothing does.
        """
        with self._lock:
            changed = np.ones(estimate.alpha.shape, bool)
            if self.estimate is not None:
                changed = estimate.alpha != self.estimate.alpha
            self.estimate, self.quality = estimate, quality
            if not changed.any():
                return Rectangle(0, 0, 0, 0)
            self.version += 1
            box = surroundings(changed, 0)
            if self._foreground is not None:
                stale = np.zeros(changed.shape, bool) if self._stale is None else self._stale
                stale[box.slices] = True
                self._stale = stale
            return box

    def alpha(self) -> np.ndarray:
        """Returns the latest alpha, float32 `(H, W)`.

        Raises:
            Refusal: There is none yet.
        """
        if self.estimate is None:
            raise Refusal(409, "the draft has no alpha yet: matte it first")
        return self.estimate.alpha

    def foreground(self) -> np.ndarray:
        """Returns the foreground's own colours, uint16 `(H, W, 3)`; only what changed is found."""
        alpha = self.alpha()
        with self._lock:
            if self._foreground is None:
                self._foreground = quantised(estimate_foreground(self.image, alpha), 16)
            elif self._stale is not None:
                self._mend(self._foreground, self._stale, alpha)
            self._stale = None
            return self._foreground

    def _mend(self, foreground: np.ndarray, stale: np.ndarray, alpha: np.ndarray) -> None:
        outer = surroundings(stale, 2 * REACH)
        inner = surroundings(stale, REACH)
        found = estimate_foreground(self.image[outer.slices], alpha[outer.slices])
        top, left = inner.top - outer.top, inner.left - outer.left
        part = found[top : top + inner.height, left : left + inner.width]
        foreground[inner.slices] = quantised(part, 16)


class Drafts:
    """All drafts; the one that was left alone the longest goes when another needs its room.

    Args:
        count: Of drafts, at most.
        most_bytes: That they may take together.
        idle: Seconds after which one that nobody asks for goes.
        clock: Seconds, for tests.
    """

    def __init__(
        self,
        count: int,
        most_bytes: int,
        idle: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._count, self._most_bytes, self._idle, self._clock = count, most_bytes, idle, clock
        self._drafts: dict[str, tuple[Draft, float]] = {}  # the one asked for last comes last
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._drafts)

    @property
    def bytes(self) -> int:
        """What they take in memory."""
        with self._lock:
            return self._taken()

    def add(self, draft: Draft) -> None:
        """Keeps a draft.

        Raises:
            Refusal: It alone is too large.
        """
        if draft.bytes > self._most_bytes:
            raise Refusal(
                413,
                f"image: a draft of it takes {draft.bytes} bytes of {self._most_bytes}: scale the "
                "image down",
            )
        with self._lock:
            self._drafts[draft.id] = draft, self._clock()
            while len(self._drafts) > self._count or self._taken() > self._most_bytes:
                del self._drafts[next(iter(self._drafts))]

    def get(self, name: str) -> Draft:
        """Returns a draft by its id.

        Raises:
            Refusal: It is gone, or never was.
        """
        self.drop_idle()
        with self._lock:
            if name not in self._drafts:
                raise Refusal(
                    404, "there is no such draft any more: they are kept for a while only"
                )
            draft, _ = self._drafts.pop(name)
            self._drafts[name] = draft, self._clock()
        return draft

    def drop(self, name: str) -> None:
        """Forgets a draft.

        Raises:
            Refusal: It is gone, or never was.
        """
        self.get(name)
        with self._lock:
            self._drafts.pop(name, None)

    def drop_idle(self) -> None:
        """Forgets those that nobody asked for in a while."""
        with self._lock:
            oldest = self._clock() - self._idle
            for name, (_, asked) in list(self._drafts.items()):
                if asked < oldest:
                    del self._drafts[name]

    def _taken(self) -> int:
        return sum(draft.bytes for draft, _ in self._drafts.values())
