"""The routes for other services: one request, one picture, nothing kept."""

from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from atnet.choices import Quality
from atnet.jobs.matted import Matted, make_pictures
from atnet.server.documents import form, pictures, problems
from atnet.server.queue import WorkQueue
from atnet.server.sending import MEDIA_TYPES, Bits, FormatName, check_format, picture
from atnet.server.service import Service, read_upload, service_of
from atnet.server.uploads import Upload, upload
from atnet.tiling import Progress

Shared = Annotated[Service, Depends(service_of)]
Kind = Annotated[FormatName, Query(alias="format", description="Of the picture that is returned.")]
Depth = Annotated[Bits, Query(description="Bits per channel; WebP has 8 alone.")]
Effort = Annotated[
    Quality | None, Query(description="fast: the network alone; standard: refined; best: 4 views.")
]

router = APIRouter(prefix="/v1", tags=["pictures"], default_response_class=Response)
_DOCUMENTED = {
    "openapi_extra": form("image", "hint"),
    "responses": pictures(*MEDIA_TYPES.values()) | problems(400, 408, 413, 415, 422, 503),
}


@router.post("/alpha", summary="Alpha of a photograph", **_DOCUMENTED)
async def alpha(
    request: Request,
    service: Shared,
    kind: Kind = "png",
    bits: Depth = Bits.EIGHT,
    quality: Effort = None,
) -> Response:
    """Returns alpha: grey, 0 is background and the highest value is foreground."""
    return await _matted(request, service, (kind, bits), quality, "alpha")


@router.post("/cutout", summary="Cutout of a photograph", **_DOCUMENTED)
async def cutout(
    request: Request,
    service: Shared,
    kind: Kind = "png",
    bits: Depth = Bits.EIGHT,
    quality: Effort = None,
) -> Response:
    """Returns the foreground's own colours with straight alpha, RGBA."""
    return await _matted(request, service, (kind, bits), quality, "cutout")


@router.post("/trimap", summary="Trimap of a photograph", **_DOCUMENTED)
async def trimap(request: Request, service: Shared, kind: Kind = "png") -> Response:
    """Returns the trimap that the hint makes: 0 background, 128 unknown, 255 foreground."""

    def work(parts: Upload, _: Progress) -> Response:
        return picture(read_upload(parts)[1], kind)

    return await _worked(request, service, service.readings, work)


async def _matted(
    request: Request,
    service: Service,
    style: tuple[FormatName, Bits],
    quality: Quality | None,
    name: Literal["alpha", "cutout"],
) -> Response:
    check_format(*style)
    matting = service.matting(quality)
    samples = np.dtype(np.uint16 if style[1] == Bits.SIXTEEN else np.uint8)

    def work(parts: Upload, progress: Progress) -> Response:
        photograph, trimap = read_upload(parts)
        found = matting.alpha(photograph.pixels, trimap, progress)
        matted = Matted(photograph.pixels, trimap, found)
        return picture(make_pictures(matted, {name: samples})[name], *style)

    return await _worked(request, service, service.mattings, work)


async def _worked(
    request: Request,
    service: Service,
    queue: WorkQueue,
    work: Callable[[Upload, Progress], Response],
) -> Response:
    """Takes a place, receives the form, does the work in its turn."""
    with queue.place() as place:
        async with upload(request, service.settings.max_pixels, "image", "hint") as parts:
            return await place.run(lambda progress: work(parts, progress), request)
