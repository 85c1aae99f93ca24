"""The application: routes behind guard, limits and counters, and the page."""

import asyncio
import contextlib
import mimetypes
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.cors import CORSMiddleware

from atnet.server import draft_routes, health, routes
from atnet.server.counters import Counting
from atnet.server.limits import BodyLimits
from atnet.server.refusals import tell_problems
from atnet.server.security import Guard
from atnet.server.service import Service
from atnet.server.settings import Settings
from atnet.version import __version__

PAGE = Path(__file__).with_name("page")
_SWEEP = 60.0
"""Seconds between looks for drafts that nobody asked for in a while."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Makes the application; the model is loaded by it.

    Args:
        settings: What the operator decided.

    Returns:
        An ASGI application. Its `state.service` has what the routes share.

    Raises:
        ImportError: An engine is not installed.
        ValueError: As `Matting`.
    """
    settings = settings or Settings()
    service = Service(settings)
    app = FastAPI(
        title="ATNet",
        version=__version__,
        summary="Natural image matting: from an image and a trimap to alpha and cutout",
        lifespan=_lifespan,
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    tell_problems(app)
    for part in (routes, draft_routes, health):
        app.include_router(part.router)
    _show_page(app)
    # The last one comes first.
    app.add_middleware(BodyLimits, max_body=settings.max_body, timeout=settings.timeout)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization"],
            expose_headers=["Location", "Retry-After"],
        )
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(Counting, counters=service.counters)
    return app


@contextlib.asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sweeper = asyncio.create_task(_sweep(app.state.service))
    yield
    sweeper.cancel()


async def _sweep(service: Service) -> None:
    while True:
        await asyncio.sleep(_SWEEP)
        service.drafts.drop_idle()


def _show_page(app: FastAPI) -> None:
    mimetypes.add_type("text/javascript", ".js")  # what Windows' registry says may be anything
    app.mount("/page", StaticFiles(directory=PAGE), name="page")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")
