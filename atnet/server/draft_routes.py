"""The routes of drafts: photographs that the page works on."""

import contextlib
import time
from collections.abc import Callable
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from atnet.arrays import to_float
from atnet.choices import Quality, Reading
from atnet.files.images import read_photograph
from atnet.jobs.photo import demo_photograph
from atnet.server.documents import form, pictures, problems
from atnet.server.drafts import Draft
from atnet.server.lines import Lines
from atnet.server.refusals import Refusal
from atnet.server.routes import Depth, Effort, Shared
from atnet.server.sending import Bits, part_of, picture
from atnet.server.service import Service
from atnet.server.uploads import upload
from atnet.subjects.fitting import fitted
from atnet.tiling import Progress
from atnet.trimaps import check_trimap

Box = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,9},\d{1,9},\d{1,9},\d{1,9}$",
        description="Only this part: x,y,width,height in pixels.",
        examples=["10,20,300,400"],
    ),
]
DrawnOn = Annotated[
    Reading | None,
    Query(description="Whether it lies on a turned photograph as shown or as stored; found out."),
]

router = APIRouter(prefix="/v1/drafts", tags=["drafts"], default_response_class=Response)
_PICTURE: dict[str, Any] = {"responses": pictures("image/png") | problems(404, 409, 422, 503)}
_OPENED = {
    "description": "The draft; `trimap` says whether it has one already.",
    "content": {
        "application/json": {"example": {"id": "4x…", "width": 680, "height": 440, "trimap": False}}
    },
}


@router.post(
    "",
    status_code=201,
    summary="Open a photograph",
    openapi_extra=form("image"),
    responses={201: _OPENED} | problems(400, 408, 413, 415, 422, 503),
)
async def open_draft(request: Request, service: Shared, example: bool = False) -> Response:
    """Keeps a photograph for a while, or opens the bundled one; its id is the key to it."""
    with service.readings.place() as place:
        if example:
            draft = await place.run(lambda _: Draft(*demo_photograph()), request)
        else:
            async with upload(request, service.settings.max_pixels, "image") as parts:
                draft = await place.run(lambda _: Draft(read_photograph(parts.image())), request)
    service.drafts.add(draft)
    height, width = draft.image.shape[:2]
    told = {"id": draft.id, "width": width, "height": height, "trimap": draft.trimap is not None}
    return JSONResponse(told, 201, {"Location": f"/v1/drafts/{draft.id}"})


@router.delete(
    "/{draft_id}", status_code=204, summary="Forget a draft", responses=problems(404, 422)
)
async def drop(draft_id: str, service: Shared) -> Response:
    """Forgets a draft; work on it goes on to its end."""
    service.drafts.drop(draft_id)
    return Response(status_code=204)


@router.post(
    "/{draft_id}/trimap",
    summary="Give or make a trimap",
    openapi_extra=form("hint"),
    responses=pictures("image/png") | problems(400, 404, 408, 413, 415, 422, 503),
)
async def set_trimap(
    draft_id: str, request: Request, service: Shared, trimap_orientation: DrawnOn = None
) -> Response:
    """Keeps the trimap that a hint makes, and returns it."""
    draft = service.drafts.get(draft_id)

    with service.readings.place() as place:
        async with upload(request, service.settings.max_pixels, "hint") as parts:

            def work(_: Progress) -> Response:
                photograph = draft.photograph()
                trimap = fitted(parts.hint(), photograph, trimap_orientation).trimap(
                    photograph.pixels
                )
                check_trimap(trimap, photograph.pixels.shape)
                draft.trimap = trimap
                return picture(trimap)

            return await place.run(work, request)


@router.post(
    "/{draft_id}/matte",
    summary="Find alpha",
    responses={
        200: {
            "description": "Progress by tile, then what was found or an error; a line each.",
            "content": {
                "application/x-ndjson": {
                    "example": '{"done": 0, "of": 12}\n{"done": 12, "of": 12}\n'
                    '{"seconds": 4.2, "version": 1, "box": [0, 0, 680, 440]}\n'
                }
            },
        }
    }
    | problems(404, 409, 422, 503),
)
async def matte(
    draft_id: str, request: Request, service: Shared, quality: Effort = None
) -> Response:
    """Finds alpha; after a change of the trimap, only where it has a say."""
    draft = service.drafts.get(draft_id)
    if draft.trimap is None:
        raise Refusal(409, "the draft has no trimap yet: give or make one first")
    stack = contextlib.ExitStack()
    place = stack.enter_context(service.mattings.place())
    work = _matting(draft, draft.trimap, service, quality)
    return Lines(lambda tell: place.run(work, request, tell), stack.close)


@router.get("/{draft_id}/image.png", summary="The photograph", **_PICTURE)
async def image(draft_id: str, request: Request, service: Shared) -> Response:
    """Returns the photograph as it was decoded: upright, sRGB, 8 bits."""
    draft = service.drafts.get(draft_id)
    return await _shown(request, service, lambda: picture(draft.image))


@router.get("/{draft_id}/trimap.png", summary="The trimap", **_PICTURE)
async def trimap(draft_id: str, request: Request, service: Shared) -> Response:
    """Returns the trimap: 0 background, 128 unknown, 255 foreground."""
    drawn = service.drafts.get(draft_id).trimap
    if drawn is None:
        raise Refusal(409, "the draft has no trimap yet: give or make one first")
    return await _shown(request, service, lambda: picture(drawn))


@router.get("/{draft_id}/alpha.png", summary="The alpha", **_PICTURE)
async def alpha(
    draft_id: str,
    request: Request,
    service: Shared,
    bits: Depth = Bits.EIGHT,
    box: Box = None,
) -> Response:
    """Returns alpha."""
    return await _made(
        draft_id, request, service, lambda draft, part: draft.alpha()[part], bits, box
    )


@router.get("/{draft_id}/cutout.png", summary="The cutout", **_PICTURE)
async def cutout(
    draft_id: str,
    request: Request,
    service: Shared,
    bits: Depth = Bits.EIGHT,
    box: Box = None,
) -> Response:
    """Returns the foreground's own colours with straight alpha."""
    return await _made(draft_id, request, service, _cutout, bits, box)


@router.get("/{draft_id}/foreground.png", summary="The foreground's colours", **_PICTURE)
async def foreground(
    draft_id: str,
    request: Request,
    service: Shared,
    bits: Depth = Bits.EIGHT,
    box: Box = None,
) -> Response:
    """Returns the foreground's own colours everywhere."""
    make = lambda draft, part: draft.foreground()[part]  # noqa: E731
    return await _made(draft_id, request, service, make, bits, box)


def _matting(
    draft: Draft, trimap: np.ndarray, service: Service, quality: Quality | None
) -> Callable[[Progress], dict[str, Any]]:
    def work(progress: Progress) -> dict[str, Any]:
        start = time.perf_counter()
        matting, before = service.matting(quality), draft.estimate
        if before is None or quality != draft.quality:
            estimate = matting.estimate(draft.image, trimap, progress)
        else:
            estimate = matting.update(draft.image, trimap, before, progress)
        box = draft.set_estimate(estimate, quality)
        return {
            "seconds": round(time.perf_counter() - start, 2),
            "version": draft.version,
            "box": [box.left, box.top, box.width, box.height],
        }

    return work


def _cutout(draft: Draft, part: tuple[slice, slice]) -> np.ndarray:
    return np.dstack([to_float(draft.foreground()[part]), draft.alpha()[part]])


async def _made(
    draft_id: str,
    request: Request,
    service: Service,
    make: Callable[[Draft, tuple[slice, slice]], np.ndarray],
    bits: Bits,
    box: str | None,
) -> Response:
    draft = service.drafts.get(draft_id)
    draft.alpha()  # refuses at once
    part = part_of(draft.image.shape, box)
    return await _shown(request, service, lambda: picture(make(draft, part), "png", bits))


async def _shown(request: Request, service: Service, make: Callable[[], Response]) -> Response:
    with service.readings.place() as place:
        return await place.run(lambda _: make(), request)
