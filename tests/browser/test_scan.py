"""Codes by the camera, in a browser that reads none by itself: a film of a real QR code stands before its camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import hand
from tests.browser.test_offline import at_work, until

pytestmark = pytest.mark.browser
WIDTH, HEIGHT, MODULE_PX, QUIET = 640, 480, 9, 4
#: Chromium on Linux has no detector; elsewhere there may be one in name only, as on a telephone without its services.
NONE = "delete globalThis.BarcodeDetector"
IN_NAME_ONLY = """globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  detect() { return Promise.reject(new DOMException("", "NotSupportedError")); }
};"""
READER = "qr_reader.js"


def film(path: Path, text: str) -> Path:
    """Two frames of the code in grey, in the middle of the picture, as YUV4MPEG2."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(scale=MODULE_PX, border=QUIET)]
    grey = [bytearray(b"\xb4" * WIDTH) for _ in range(HEIGHT)]
    left, top = (WIDTH - len(rows[0])) // 2, (HEIGHT - len(rows)) // 2
    for y, row in enumerate(rows):
        grey[top + y][left : left + len(row)] = bytes(30 if dark else 225 for dark in row)
    frame = b"FRAME\n" + b"".join(grey) + b"\x80" * (WIDTH * HEIGHT // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420\n".encode() + frame * 2)
    return path


@contextmanager
def with_camera(browser: Browser, demo: hand.Demo, folder: Path, text: str, detector: str) -> Iterator[BrowserContext]:
    """A handheld whose camera sees the code. Our script only is asked for it: the permission is given."""
    seen = film(folder / "code.y4m", text)
    flags = [*hand.FLAGS, "--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={seen}"]
    context = browser.browser_type.launch_persistent_context(
        str(folder / "profile"), executable_path=hand.CHROMIUM, args=flags, viewport=hand.HANDHELD, base_url=demo.url,
        reduced_motion="reduce", permissions=["camera"],
    )  # fmt: skip
    context.add_cookies([{"name": "lang", "value": "en", "url": demo.url}])
    context.add_init_script(detector)
    yield context
    context.close()


def asked_for(context: BrowserContext) -> list[str]:
    """Whoever asks for the reader from now on, pages and service workers."""
    found: list[str] = []
    context.on("request", lambda one: found.append(one.url) if READER in one.url else None)
    return found


def scan(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/today")
    page.click("[data-scan=code]")


@pytest.mark.parametrize("detector", [NONE, IN_NAME_ONLY], ids=["none", "in name only"])
def test_a_browser_that_reads_no_codes_opens_the_permit_whose_code_its_camera_sees(
    browser: Browser, demo: hand.Demo, page: Page, tmp_path: Path, detector: str
) -> None:
    no = demo.ids["no 0007"]
    with with_camera(browser, demo, tmp_path, f"{demo.url}/permits/{no}?copy=1", detector) as context:
        broken: list[str] = []
        opened = context.pages[0]
        opened.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
        asked = asked_for(context)
        hand.sign_in(opened, demo)
        opened.goto(f"/sites/{demo.site}/today")
        opened.wait_for_load_state("networkidle")
        assert asked == []  # the first load
        scan(opened, demo)
        opened.wait_for_url(f"**/permits/{no}", timeout=15_000)
        assert asked and broken == []


def test_a_scan_can_be_stopped_and_says_what_it_wants(
    browser: Browser, demo: hand.Demo, page: Page, tmp_path: Path
) -> None:
    with with_camera(browser, demo, tmp_path, "7" * 20, NONE) as context:
        opened = context.pages[0]
        context.route(
            f"**/{READER}*", lambda route: route.fulfill(body="export default () => ''", content_type="text/javascript")
        )
        hand.sign_in(opened, demo)
        scan(opened, demo)
        expect(opened.locator("video.scan")).to_be_visible()
        expect(opened.locator("[data-scan-said=code]")).to_contain_text("QR codes only")
        expect(opened.locator("[data-scan=code]")).to_have_text("Stop scanning")
        opened.keyboard.press("Enter")
        expect(opened.locator("video.scan")).to_have_count(0)
        expect(opened.locator("[data-scan=code]")).to_be_focused()
        expect(opened.locator("[data-scan-said=code]")).to_be_hidden()


def test_a_device_that_was_here_before_keeps_the_reader_for_a_place_without_a_network(
    browser: Browser, demo: hand.Demo, page: Page, tmp_path: Path
) -> None:
    with with_camera(browser, demo, tmp_path, "HX-1", NONE) as context:
        opened = at_work(context, demo)
        opened.reload()
        until(opened, f"() => caches.match('/static/{READER}', {{ ignoreSearch: true }}).then((one) => Boolean(one))")
        context.set_offline(True)
        opened.locator("[data-scan=code]").evaluate("one => delete one.dataset.submit")
        opened.click("[data-scan=code]")
        expect(opened.locator("#code")).to_have_value("HX-1", timeout=15_000)
        expect(opened.locator("#code")).to_be_focused()
