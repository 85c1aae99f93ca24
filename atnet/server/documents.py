"""What OpenAPI says besides the signatures of the routes: forms, problems, examples."""

from http import HTTPStatus
from typing import Any

from atnet.server.refusals import MEDIA_TYPE
from atnet.server.uploads import HINTS

_FILE = {"type": "string", "format": "binary"}
_PARTS: dict[str, dict[str, Any]] = {
    "image": _FILE
    | {"description": "The photograph: JPEG, PNG, TIFF, WebP, AVIF, HEIC, GIF, BMP."},
    "trimap": _FILE | {"description": "Black background, grey unknown, white foreground."},
    "mask": _FILE | {"description": "A rough mask: white is the subject."},
    "scribbles": _FILE | {"description": "White strokes on the subject, black ones beside it."},
    "box": {
        "type": "string",
        "pattern": r"^\d+,\d+,\d+,\d+$",
        "description": "Box around the subject: x,y,width,height in pixels.",
        "example": "212,40,380,390",
    },
}
_WHY = {
    400: "The form is broken, or has too many parts.",
    401: "An API key is needed: `Authorization: Bearer KEY`.",
    403: "The request comes from another page.",
    404: "The draft is gone.",
    408: "The body came too slowly.",
    409: "Something has to be done before.",
    413: "More bytes or pixels than are allowed.",
    415: "The body is no form.",
    421: "The service is not known by this name.",
    422: "A picture, a hint or a query cannot be used.",
    503: "All places are taken, or the work took too long; `Retry-After` says when to come again.",
}
_DETAILS = {
    409: "the draft has no alpha yet: matte it first",
    422: "trimap: is 640 x 480 pixels, but the image is 4000 x 3000: give a trimap of the image's "
    "size",
    503: "all 16 places of the queue are taken: try again later",
}
PROBLEM_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One line; the command line says the same."},
    },
}


def form(*wanted: str) -> dict[str, Any]:
    """Describes a request's form: `image`, `hint` or both."""
    names = [name for one in wanted for name in (HINTS if one == "hint" else (one,))]
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {name: _PARTS[name] for name in names},
        "required": [name for name in wanted if name != "hint"],
    }
    if "hint" in wanted:
        schema["oneOf"] = [{"required": [name]} for name in HINTS]
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describes the problems that a route may answer with, beside those of all routes."""
    return {status: _problem(status) for status in sorted({401, 403, 421, *statuses})}


def pictures(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """Describes an answer that is a picture, of one of some media types."""
    content = {kind: {"schema": _FILE} for kind in kinds}
    return {200: {"description": "The picture.", "content": content}}


def _problem(status: int) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": PROBLEM_SCHEMA}
    if status in _DETAILS:
        media["example"] = {
            "type": "about:blank",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": _DETAILS[status],
        }
    return {"description": _WHY[status], "content": {MEDIA_TYPE: media}}
