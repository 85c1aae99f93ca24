"""How it goes: for whoever runs the service."""

from fastapi import APIRouter
from fastapi.responses import Response

from atnet.server.documents import problems
from atnet.server.refusals import too_busy
from atnet.server.routes import Shared

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Alive?", responses=problems())
async def healthz() -> dict[str, str]:
    """Answers as long as the service can answer at all."""
    return {"status": "alive"}


@router.get("/readyz", summary="Ready for more?", responses=problems(503))
async def readyz(service: Shared) -> dict[str, str]:
    """Answers whether there is a place for another request; the model was loaded before."""
    if service.mattings.full:
        raise too_busy(f"all {service.mattings.places} places of the queue are taken")
    return {"status": "ready"}


@router.get(
    "/metrics",
    summary="Counters",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}, "description": "Prometheus' text format."}}
    | problems(),
)
async def metrics(service: Shared) -> Response:
    """Returns what was counted."""
    return Response(service.counters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
