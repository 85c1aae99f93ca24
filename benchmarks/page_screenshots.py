"""Look at the page in each of its states, and make the pictures of the documentation.

    atnet serve --port 8000 &
    python benchmarks/page_screenshots.py [--url http://127.0.0.1:8000] [--out page-screenshots]

Needs Chromium and `pip install playwright`.
"""

import argparse
import shutil
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

SIZES = {"desktop": (1280, 800), "phone": (360, 740)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
MODES = ("trimap", "alpha", "cutout", "compare")


def main() -> None:
    """Go through all states in each size and colour scheme."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--out", type=Path, default=Path("page-screenshots"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for size, scheme in product(SIZES, SCHEMES):
            visit(browser, options.url, options.out / f"{size}-{scheme}", SIZES[size], scheme)
        browser.close()


def visit(
    browser: Browser, url: str, stem: Path, size: tuple[int, int], scheme: Literal["light", "dark"]
) -> None:
    """Photograph the start, the work on the example, each view, the keys and an error."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page = context.new_page()

    def shoot(state: str) -> None:
        page.wait_for_timeout(400)  # until pictures are drawn
        page.screenshot(path=f"{stem}-{state}.png")

    page.goto(url)
    shoot("start")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"none"})
    page.locator("#messages p").wait_for()
    shoot("error")
    page.locator("#example").click()
    page.locator("input[name=mode][value=cutout]:checked").wait_for(state="attached")
    for mode in MODES:
        page.evaluate(f"document.querySelector('[name=mode][value={mode}]').click()")
        shoot(mode)
    for tab in ("matte", "save") if size[0] < 760 else ():
        show(page, tab)
        shoot(f"panel-{tab}")
    page.locator("#help").click()
    shoot("keys")
    context.close()


def show(page: Page, tab: str) -> None:
    """Choose a panel of the small screen."""
    page.locator(f"#tabs [data-tab={tab}]").click()


if __name__ == "__main__":
    main()
