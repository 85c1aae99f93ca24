"""Load on `atnet serve`: answers a minute, seconds for each, and whether memory stays flat.

    python benchmarks/serve.py --requests 200 --clients 32

Starts the service as a process of its own, sends the bundled photograph with its trimap, and prints
a row of a Markdown table. Clients that are told to come again do so; resident memory is read after
each answer, and that of the last quarter compared with that of the first.
"""

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

import httpx2

from atnet.arrays import resized
from atnet.files.images import encode_image
from atnet.jobs.photo import demo_photograph
from atnet.machine import describe_run
from atnet.trimaps import smaller_trimap

HEAD = (
    "route", "quality", "scale", "clients", "answers", "a minute", "median s", "longest s",
    "refusals", "MB",
)  # fmt: skip
PACKAGES = ("fastapi", "uvicorn", "onnxruntime", "openvino")


@dataclass
class Seen:
    """What was seen so far.

    Attributes:
        seconds: For each answer, from the request that was taken in.
        megabytes: Resident memory after each answer.
        refusals: How often a client was told to come again.
    """

    seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)
    refusals: int = 0


def main() -> None:
    """Starts the service, loads it, prints a row."""
    options = _options()
    command = [sys.executable, "-m", "atnet", "serve", "--port", "0", "--quality", options.quality]
    command += ["--queue", str(options.queue)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as service:
        try:
            port = _port(service)
            start = time.perf_counter()
            seen = asyncio.run(_load(f"http://127.0.0.1:{port}", options))
            seconds = time.perf_counter() - start
        finally:
            service.terminate()
    quarter = len(seen.megabytes) // 4
    first, last = (
        statistics.mean(part) for part in (seen.megabytes[:quarter], seen.megabytes[-quarter:])
    )
    row = [
        *(options.route, options.quality, f"{options.scale:g}", options.clients),
        *(len(seen.seconds), f"{60 * len(seen.seconds) / seconds:.0f}"),
        *(f"{statistics.median(seen.seconds):.1f}", f"{max(seen.seconds):.1f}"),
        *(seen.refusals, f"{first:.0f} to {last:.0f}"),
    ]
    print(describe_run(*PACKAGES))
    print(f"| {' | '.join(HEAD)} |\n|{'---|' * len(HEAD)}\n| {' | '.join(map(str, row))} |")


async def _load(address: str, options: argparse.Namespace) -> Seen:
    image, trimap = demo_photograph()
    small = [max(round(side * options.scale), 1) for side in trimap.shape]
    files = {
        "image": encode_image(resized(image.pixels, *small)),
        "trimap": encode_image(smaller_trimap(trimap, *small)),
    }
    seen, left = Seen(), options.requests
    limits = httpx2.Limits(max_connections=options.clients + 1)
    async with httpx2.AsyncClient(base_url=address, timeout=600, limits=limits) as client:

        async def ask() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await _until_answered(client, options.route, files, seen)

        await asyncio.gather(*(ask() for _ in range(options.clients)))
    return seen


async def _until_answered(
    client: httpx2.AsyncClient, route: str, files: dict[str, bytes], seen: Seen
) -> None:
    while True:
        start = time.perf_counter()
        answer = await client.post(f"/v1/{route}", files=files)
        if answer.status_code != 503:
            break
        seen.refusals += 1
        await asyncio.sleep(float(answer.headers["retry-after"]) / 5)
    answer.raise_for_status()
    seen.seconds.append(time.perf_counter() - start)
    counters = (await client.get("/metrics")).text
    (line,) = re.findall(r"^process_resident_memory_bytes .+$", counters, re.MULTILINE)
    seen.megabytes.append(float(line.split()[1]) / 1e6)


def _port(service: subprocess.Popen) -> int:
    for line in service.stderr or ():
        if found := re.search(r"running on http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise SystemExit("the service did not start")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--scale", type=float, default=1, help="of the photograph, 680 x 440")
    parser.add_argument("--queue", type=int, default=16)
    parser.add_argument("--quality", default="fast")
    parser.add_argument("--route", default="alpha")
    return parser.parse_args()


if __name__ == "__main__":
    main()
