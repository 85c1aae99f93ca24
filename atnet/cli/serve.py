"""`atnet serve`."""

from importlib import util
from pathlib import Path
from typing import Annotated

import typer

from atnet.cli.common import MaxMemory, PresetName, QualityName, Threads, app
from atnet.matting.presets import DEFAULT_PRESET

_PACKAGES = ("fastapi", "prometheus_client", "python_multipart", "uvicorn")


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes any that is free.", min=0, max=65535)] = 8000,
    preset: PresetName = DEFAULT_PRESET,
    quality: QualityName = "standard",
    queue: Annotated[int, typer.Option(help="Requests taken in at once.", min=1)] = 16,
    max_body: Annotated[str, typer.Option(help="Largest request.")] = "100MB",
    max_pixels: Annotated[str, typer.Option(help="Largest picture.")] = "100MP",
    timeout: Annotated[
        float, typer.Option(help="Seconds for a request's body, and again for its work.", min=1)
    ] = 300,
    max_memory: MaxMemory = None,
    threads: Threads = None,
    api_keys_file: Annotated[
        Path | None,
        typer.Option(help="Keys, of which requests must bring one. Default: ATNET_API_KEYS."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="Another web page that may call, as https://host.")
    ] = None,
    host_name: Annotated[
        list[str] | None, typer.Option(help="Name under which the service is reached.")
    ] = None,
) -> None:
    """Serves a web page and an HTTP interface.

    Listens on this machine alone unless told otherwise. The page opens at the address that is
    printed; its `openapi.json` describes the interface.

    Example: `atnet serve --port 8080`
    """
    if not all(map(util.find_spec, _PACKAGES)):
        raise ImportError("the service needs other packages: pip install 'atnet[serve]'")
    from atnet.server.app import create_app
    from atnet.server.listening import server
    from atnet.server.settings import Settings, parse_amount, read_keys

    settings = Settings(
        preset=preset,
        quality=quality,
        max_memory=max_memory,
        threads=threads,
        places=queue,
        max_body=parse_amount(max_body),
        max_pixels=parse_amount(max_pixels),
        timeout=timeout,
        keys=read_keys(api_keys_file),
        origins=tuple(allow_origin or ()),
        host_names=tuple(host_name or ()),
    )
    server(create_app(settings), host, port).run()
