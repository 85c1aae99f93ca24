"""What an operator decides about the service."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

from atnet.choices import Quality

PLACES, MAX_BODY, MAX_PIXELS, TIMEOUT = 16, 100_000_000, 100_000_000, 300.0
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}


@dataclass(frozen=True)
class Settings:
    """What an operator decides about the service; there are few reasons to change the later ones.

    Attributes:
        preset: As `Matting` takes it.
        quality: Of requests that ask for none.
        max_memory: Bound on the network's working memory, as `Matting` takes it.
        threads: Of the CPU; None is all cores.
        places: Requests that are taken in at once; others are told to come again.
        max_body: Bytes of a request's body.
        max_pixels: Of a picture.
        timeout: Seconds until a request's body must be there, and again until its work is done.
        keys: Of which requests must bring one; none are needed if there are none.
        origins: Of other web pages that may call the service.
        host_names: Under which it is reached, besides addresses and `localhost`.
        drafts: Photographs that are kept for the page, at most.
        draft_bytes: What these may take in memory.
        draft_idle: Seconds after which one that nobody asks for is dropped.
    """

    preset: str | Path = "atnet-vgg16"
    quality: Quality = "standard"
    max_memory: int | str | None = None
    threads: int | None = None
    places: int = PLACES
    max_body: int = MAX_BODY
    max_pixels: int = MAX_PIXELS
    timeout: float = TIMEOUT
    keys: tuple[str, ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = ()
    host_names: tuple[str, ...] = ()
    drafts: int = 32
    draft_bytes: int = 2 * 10**9
    draft_idle: float = 1800.0

    def __post_init__(self) -> None:
        for name in ("places", "max_body", "max_pixels", "timeout", "drafts", "draft_bytes"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be above 0")
        for key in self.keys:
            if not re.fullmatch(r"[\x21-\x7e]{16,}", key):
                raise ValueError(
                    "an API key is shorter than 16 characters or has some that no header can "
                    "carry: make one with `openssl rand -hex 32`"
                )


def parse_amount(text: str) -> int:
    """Reads a number of bytes or pixels.

    Args:
        text: A whole number, or one with a unit of 1000, such as `100MB`, `40MP` or `2G`.

    Raises:
        ValueError: It is none.

    Example:
        >>> parse_amount("1.5MP")
        1500000
    """
    match = re.fullmatch(r"(\d{1,12}(?:\.\d+)?)\s*([KMG]?)[BP]?", text.strip().upper())
    if not match:
        raise ValueError(f"{text!r} is no amount; give a number, or such as 100MB or 40MP")
    return int(float(match[1]) * _UNITS[match[2]])


def read_keys(file: Path | None) -> tuple[str, ...]:
    """Reads API keys: the words of a file, or of ATNET_API_KEYS.

    Args:
        file: None asks the environment.

    Returns:
        The keys; none if neither is given.

    Raises:
        OSError: The file cannot be read.
        ValueError: The file has none, which would open the service to all.
    """
    if file is None:
        return tuple(os.environ.get("ATNET_API_KEYS", "").replace(",", " ").split())
    keys = tuple(file.read_text(encoding="utf-8").split())
    if not keys:
        raise ValueError(f"{file}: has no API key; write one a line")
    return keys
