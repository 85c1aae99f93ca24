"""The page, in a real browser, against the real service."""

import io
import shutil

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import FilePayload, Page, expect, sync_playwright

from atnet.jobs.photo import demo_photograph
from atnet.matting.predictor import Matting
from server_files import network, png, running

pytestmark = pytest.mark.browser
WIDTH, HEIGHT = 200, 150


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def address(folder):
    with running(folder) as (port, _):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "these tests need Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page; in the end nothing may have gone wrong, and nothing have left the machine."""
    faults: list[str] = []
    contexts = []

    def open_page(expected: str = "nothing", **options) -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()

        def note(text: str) -> None:
            if expected not in text:
                faults.append(text)

        page.on("console", lambda said: said.type in {"error", "warning"} and note(said.text))
        page.on("pageerror", lambda error: note(str(error)))
        page.on("request", lambda sent: _is_own(sent.url, address) or note(sent.url))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def _is_own(url, address):
    return url.startswith((address, "blob:", "data:"))


@pytest.fixture(scope="module")
def photograph():
    return np.random.default_rng(3).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def open_photograph(page: Page, pixels, name="photo.png"):
    file: FilePayload = {"name": name, "mimeType": "image/png", "buffer": png(pixels)}
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a photograph").click()
    chooser.value.set_files([file])
    expect(page.locator("#work")).to_be_visible()


def saved(page: Page, kind: str) -> np.ndarray:
    with page.expect_download() as download:
        page.locator(f".save[data-kind={kind}]").click()
    assert download.value.suggested_filename.endswith(f".{kind}.png")
    return np.asarray(Image.open(io.BytesIO(download.value.path().read_bytes())))


def paint(page: Page, tool: str, *points):
    """Draws with the mouse through points given as shares of the picture's width and height."""
    page.keyboard.press({"foreground": "f", "unknown": "u", "background": "b"}[tool])
    drag(page, *points)


def drag(page: Page, *points):
    stage = page.locator("#canvas").bounding_box()
    assert stage
    zoom = float(page.locator("#zoom").inner_text().removesuffix(" %")) / 100
    left = stage["x"] + stage["width"] / 2 - zoom * WIDTH / 2
    top = stage["y"] + stage["height"] / 2 - zoom * HEIGHT / 2
    places = [(left + x * zoom * WIDTH, top + y * zoom * HEIGHT) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def wait_for_matte(page: Page):
    expect(page.locator("#outcome")).to_contain_text("Done in", timeout=60_000)
    expect(page.locator("#cancel")).to_be_hidden()


def in_bytes(alpha):
    return np.rint(alpha * 255).astype(np.uint8)


def test_the_example_is_one_click_away(visit, folder):
    page = visit()
    page.get_by_role("button", name="Try the example").click()
    wait_for_matte(page)
    assert page.locator("input[name=mode][value=cutout]").is_checked()
    example, trimap = demo_photograph()
    np.testing.assert_array_equal(saved(page, "trimap"), trimap)
    expected = Matting(network(folder), threads=1).alpha(example.pixels, trimap)
    np.testing.assert_array_equal(saved(page, "alpha"), in_bytes(expected))


def test_what_is_painted_is_what_is_matted_and_corrected(visit, folder, photograph):
    page = visit()
    open_photograph(page, photograph)
    paint(page, "background", (0.05, 0.1), (0.05, 0.9))
    paint(page, "foreground", (0.9, 0.1), (0.9, 0.9))
    page.keyboard.press("Enter")
    wait_for_matte(page)
    first = saved(page, "trimap")
    assert set(np.unique(first)) == {0, 128, 255}
    assert (first[:, 8:12] == 0).mean() > 0.5
    assert (first[:, 178:182] == 255).mean() > 0.5
    matting = Matting(network(folder), threads=1)
    before = matting.estimate(photograph, first)
    np.testing.assert_array_equal(saved(page, "alpha"), in_bytes(before.alpha))

    paint(page, "foreground", (0.5, 0.5), (0.52, 0.5))  # the page updates by itself
    expect(page.locator("#outcome")).not_to_contain_text("Done in")
    wait_for_matte(page)
    second = saved(page, "trimap")
    assert second[75, 101] == 255
    after = matting.update(photograph, second, before)
    np.testing.assert_array_equal(saved(page, "alpha"), in_bytes(after.alpha))
    assert saved(page, "cutout").shape == (HEIGHT, WIDTH, 4)


def test_strokes_are_taken_back_and_made_again(visit, photograph):
    page = visit()
    open_photograph(page, photograph)
    paint(page, "foreground", (0.3, 0.3), (0.4, 0.4))
    first = saved(page, "trimap")
    paint(page, "background", (0.3, 0.4), (0.4, 0.3))
    second = saved(page, "trimap")
    assert (first != second).any()
    page.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(saved(page, "trimap"), first)
    page.keyboard.press("Control+z")
    assert (saved(page, "trimap") == 128).all()
    page.keyboard.press("Control+Shift+z")
    page.get_by_role("button", name="Redo").click()
    np.testing.assert_array_equal(saved(page, "trimap"), second)


def test_a_keyboard_is_enough(visit, photograph):
    page = visit()
    open_photograph(page, photograph)
    expect(page.locator("#canvas")).to_be_focused()
    page.keyboard.press("f")
    page.locator("#canvas").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    page.keyboard.press("b")
    page.locator("#canvas").focus()
    for _ in range(12):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    wait_for_matte(page)
    assert set(np.unique(saved(page, "trimap"))) == {0, 128, 255}


def test_a_box_makes_a_trimap(visit):
    picture = np.full((HEIGHT, WIDTH, 3), (30, 140, 60), np.uint8)
    picture[40:110, 60:140] = (220, 30, 40)
    page = visit()
    open_photograph(page, picture)
    page.keyboard.press("r")
    drag(page, (0.22, 0.16), (0.78, 0.84))
    expect(page.locator("#hint")).to_contain_text("Then press Matte")
    trimap = saved(page, "trimap")
    assert trimap[75, 100] == 255
    assert (trimap[:, :20] == 0).all()


def test_what_is_no_picture_is_refused_in_words(visit):
    page = visit(expected="422")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a photograph").click()
    chooser.value.set_files([{"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}])
    expect(page.get_by_role("alert")).to_contain_text("image")
    expect(page.locator("#start")).to_be_visible()


def test_a_draft_that_is_gone_is_sent_again(visit, photograph):
    page = visit(expected="404")
    with page.expect_response(lambda answer: answer.url.endswith("/v1/drafts")) as opened:
        open_photograph(page, photograph)
    paint(page, "background", (0.05, 0.1), (0.05, 0.9))
    paint(page, "foreground", (0.9, 0.1), (0.9, 0.9))
    address = f"{page.url}v1/drafts/{opened.value.json()['id']}"
    assert page.request.delete(address).status == 204
    page.keyboard.press("Enter")
    wait_for_matte(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(visit, scheme):
    page = visit(color_scheme=scheme)
    assert _violations(page) == []
    page.get_by_role("button", name="Try the example").click()
    wait_for_matte(page)
    assert _violations(page) == []
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert _violations(page) == []


def _violations(page: Page):
    found = Axe().run(page).response["violations"]
    return [f"{it['id']}: {[node['target'] for node in it['nodes']]}" for it in found]


def test_a_narrow_screen_has_room_for_all(visit):
    page = visit(has_touch=True)
    page.set_viewport_size({"width": 360, "height": 740})
    page.get_by_role("button", name="Try the example").click()
    wait_for_matte(page)
    for tab in ("Trimap", "Matte", "View", "Save"):
        page.locator("#tabs").get_by_role("button", name=tab).click()
        expect(page.locator(f"#panel-{tab.lower()}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        inside = f"document.querySelector('#panel-{tab.lower()}')"
        assert page.evaluate(f"{inside}.scrollWidth <= {inside}.clientWidth")


def alpha_shown(page: Page) -> np.ndarray:
    """The pixels of the alpha on the screen, at actual size."""
    for key in "a01":
        page.keyboard.press(key)
    page.mouse.move(5, 5)  # away from the picture
    page.wait_for_timeout(100)  # until it is drawn
    shot = np.asarray(Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("RGB"))
    top, left = (shot.shape[0] - HEIGHT + 1) // 2, (shot.shape[1] - WIDTH + 1) // 2
    return shot[top : top + HEIGHT, left : left + WIDTH, 0].astype(int)


def open_and_mark(page: Page, pixels) -> str:
    """Returns the address of the draft."""
    with page.expect_response(lambda answer: answer.url.endswith("/v1/drafts")) as opened:
        open_photograph(page, pixels)
    paint(page, "background", (0.05, 0.1), (0.05, 0.9))
    paint(page, "foreground", (0.9, 0.1), (0.9, 0.9))
    return f"{page.url}v1/drafts/{opened.value.json()['id']}"


def test_what_is_shown_is_what_is_there_also_after_runs_that_nobody_read(visit, photograph):
    page = visit()
    address = open_and_mark(page, photograph)
    page.locator("#follow").uncheck()
    page.locator("#matte").click()
    wait_for_matte(page)
    np.testing.assert_allclose(alpha_shown(page), saved(page, "alpha"), atol=1)

    page.keyboard.press("0")
    paint(page, "foreground", (0.4, 0.5), (0.6, 0.5))
    trimap: FilePayload = {
        "name": "t.png",
        "mimeType": "image/png",
        "buffer": png(saved(page, "trimap")),
    }
    assert page.request.post(f"{address}/trimap", multipart={"trimap": trimap}).ok
    assert page.request.post(f"{address}/matte?quality=standard").ok
    page.locator("#matte").click()
    expect(page.locator("#outcome")).to_contain_text("Done in")
    alpha = saved(page, "alpha")
    assert alpha[75, 100] == 255
    np.testing.assert_allclose(alpha_shown(page), alpha, atol=1)


def test_strokes_lie_on_a_turned_photograph_as_it_is_shown(visit):
    """Half a turn, and the colours agree with the other reading of the strokes."""
    rows = np.indices((HEIGHT, WIDTH))[0]
    pixels = np.full((HEIGHT, WIDTH, 3), (30, 60, 200), np.uint8)
    pixels[rows < 50] = 220, 40, 30  # below, as it is shown
    exif = Image.Exif()
    exif[0x0112] = 3
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", exif=exif)
    page = visit()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Open a photograph").click()
    turned: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": file.getvalue()}
    chooser.value.set_files([turned])
    expect(page.locator("#work")).to_be_visible()
    paint(page, "foreground", (0.05, 0.28), (0.95, 0.28))
    paint(page, "background", (0.05, 0.38), (0.95, 0.38))
    page.locator("#matte").click()
    wait_for_matte(page)
    alpha, trimap = saved(page, "alpha"), saved(page, "trimap")
    np.testing.assert_array_equal(alpha[trimap == 255], 255)
    np.testing.assert_array_equal(alpha[trimap == 0], 0)


def test_a_full_service_is_told_of_and_loses_nothing(browser, folder, photograph):
    with running(folder, "--queue", "1", work=24) as (port, _):
        page, other = browser.new_context().new_page(), browser.new_context().new_page()
        for it in (page, other):
            it.goto(f"http://127.0.0.1:{port}/")
        open_and_mark(page, photograph)
        open_and_mark(other, np.tile(photograph, (5, 5, 1)))
        painted = saved(page, "trimap")
        other.locator("#matte").click()
        expect(other.locator("#outcome")).to_contain_text("tiles")
        page.locator("#matte").click()
        expect(page.get_by_role("alert")).to_contain_text("Try again in")
        np.testing.assert_array_equal(saved(page, "trimap"), painted)
        other.keyboard.press("Escape")
        expect(other.locator("#outcome")).to_have_text("Stopped.")


def test_sixteen_bits_are_sixteen(visit, photograph):
    page = visit()
    open_and_mark(page, photograph)
    page.locator("input[name=bits][value='16']").check()
    assert saved(page, "alpha").dtype == np.uint16  # mattes first


def test_another_picture_is_asked_about(visit, photograph):
    page = visit()
    open_and_mark(page, photograph)
    before = saved(page, "trimap")
    given = np.full((HEIGHT, WIDTH), 128, np.uint8)
    given[:40], given[-40:] = 0, 255
    file: FilePayload = {"name": "t.png", "mimeType": "image/png", "buffer": png(given)}
    for use, expected in (("Cancel", before), ("Its trimap Black", given)):
        with page.expect_file_chooser() as chooser:
            page.locator("#open").click()
        chooser.value.set_files([file])
        page.get_by_role("dialog").get_by_role("button", name=use).click()
        expect(page.locator("#running")).to_be_hidden()
        np.testing.assert_array_equal(saved(page, "trimap"), expected)
