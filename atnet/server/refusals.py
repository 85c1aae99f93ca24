"""What the service refuses, told as problem details (RFC 9457) in the words of the command line."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from atnet.files.problems import one_line

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5


class Refusal(Exception):  # noqa: N818  (not every refusal is an error)
    """A request is refused.

    Attributes:
        status: HTTP's number.
        detail: One line: what was received, what is allowed, how to mend it.
        headers: That the answer carries besides.
    """

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class StoppedError(Exception):
    """The client is gone: nobody waits for this work any more."""


def too_busy(detail: str) -> Refusal:
    """Refuses what may be tried again a little later."""
    return Refusal(503, detail, Retry_After=str(RETRY_SECONDS))


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Answers with a problem."""
    title = HTTPStatus(status).phrase
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(content, status, headers, media_type=MEDIA_TYPE)


def tell_problems(app: FastAPI) -> None:
    """Makes an application answer with a problem whatever goes wrong."""
    for kind in (
        Refusal, StoppedError, ValueError, HTTPException, RequestValidationError, Exception
    ):  # fmt: skip
        app.add_exception_handler(kind, _answer)


async def _answer(request: Request, error: Exception) -> Response:
    del request
    match error:
        case Refusal():
            return problem(error.status, error.detail, error.headers)
        case StoppedError():
            return Response(status_code=499)  # as nginx says it; nobody reads it
        case HTTPException():
            return problem(error.status_code, one_line(error.detail), dict(error.headers or {}))
        case RequestValidationError():
            wrong = (
                f"{it['loc'][-1]} is {it.get('input')!r}: {it['msg']}" for it in error.errors()
            )
            return problem(422, one_line("; ".join(wrong)))
        case ValueError():
            return problem(422, one_line(error))
        case _:
            return problem(500, "the service failed; its log says why")
