"""Codes by the camera, in a browser that reads none by itself: a film of a real QR code stands before its camera."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import segno
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import hand
from tests.browser.test_briefing import act_as
from tests.browser.test_offline import at_work, trail, until

pytestmark = pytest.mark.browser
WIDTH, HEIGHT, MODULE_PX, QUIET = 640, 480, 9, 4
#: Chromium on Linux has no detector; elsewhere there may be one in name only, as on a telephone without its services.
NONE = "delete globalThis.BarcodeDetector"
IN_NAME_ONLY = """globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  detect() { return Promise.reject(new DOMException("", "NotSupportedError")); }
};"""
READER = "qr_reader.js"
#: The page was opened before the worker was there, however fast the worker is.
FIRST_LOAD = "Object.defineProperty(ServiceWorkerContainer.prototype, 'controller', { get: () => null })"
GUARDIAN = "he.ping"  # on duty at the ticket in execution


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
        context.add_init_script(FIRST_LOAD)
        asked = asked_for(context)
        hand.sign_in(opened, demo)
        opened.goto(f"/sites/{demo.site}/today")
        opened.wait_for_load_state("networkidle")
        opened.evaluate("navigator.serviceWorker.ready.then(() => true)")
        assert asked == []  # neither by the page nor by the worker
        scan(opened, demo)
        opened.wait_for_url(f"**/permits/{no}")
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
        expect(opened.locator("#code")).to_have_value("HX-1")
        expect(opened.locator("#code")).to_be_focused()


#: Reads what the test says it sees.
TOLD = "export default () => globalThis.seen"


def test_the_point_its_lock_and_its_tag_are_scanned_and_may_be_typed(
    browser: Browser, demo: hand.Demo, page: Page, tmp_path: Path
) -> None:
    with with_camera(browser, demo, tmp_path, "7" * 20, NONE) as context:
        opened = context.pages[0]
        context.route(f"**/{READER}*", lambda route: route.fulfill(body=TOLD, content_type="text/javascript"))
        hand.sign_in(opened, demo)
        act_as(opened, demo, "isolation authority")
        opened.goto(hand.form_address(demo, "apply_isolation", step=4))
        point, lock, tag = (opened.locator(f"#f-{name}") for name in ("point_id", "lock_no", "tag_no"))
        for seen, where in (("NONE-1", "point_id"), ("sp-1201-b", "point_id"), ("L-99", "lock_no")):
            opened.evaluate("(seen) => { globalThis.seen = seen; }", seen)
            opened.click(f"[data-scan=f-{where}]")
            expect(opened.locator(f"[data-scan-said=f-{where}]")).to_contain_text(seen)
            if seen == "NONE-1":
                expect(opened.locator("[data-scan-said=f-point_id]")).to_contain_text("None of the choices")
        assert (point.input_value(), lock.input_value(), tag.input_value()) == ("SP-1201-B", "L-99", "")
        tag.fill("T-99")
        opened.locator("[data-name=method] select, [data-name=method] input").first.evaluate(CHOOSE, "spool_removed")
        with opened.expect_response("**/api/commands") as told:
            opened.click("#command button[type=submit]")
        sent = told.value.request.post_data_json["payload"]
        assert sent == {"point_id": "SP-1201-B", "method": "spool_removed", "lock_no": "L-99", "tag_no": "T-99"}


CHOOSE = """(one, value) => {
  if (one.tagName === "SELECT") one.value = value;
  else document.querySelector(`[data-name=method] input[value=${value}]`).checked = true;
}"""


def test_a_survey_may_say_by_the_guardians_code_that_its_signer_is_on_site(
    browser: Browser, page: Page, demo: hand.Demo
) -> None:
    """The ticket has its guardian on duty and is past its survey: the act is refused, with what the gateway saw."""
    with hand.context(browser, demo) as his:
        guardian = his.new_page()
        hand.sign_in(guardian, demo, GUARDIAN)
        shown = guardian.request.get(f"/api/presence-code?permit_id={demo.ids['0007']}").json()["code"]
    act_as(page, demo, "area authority")
    page.goto(hand.form_address(demo, "survey", step=4))
    expect(page.locator("[data-presence]")).to_contain_text("On duty with the code")
    page.fill("#p-code", f"{(int(shown) + 1) % 10**6:06d}")
    page.click("#command button[type=submit]")
    expect(page.locator("#p-code-f")).to_have_text("Not the digits on the guardian's screen now.")
    expect(page.locator("#p-code")).to_be_focused()
    page.fill("#p-code", shown)
    with page.expect_response("**/api/commands") as told:
        page.click("#command button[type=submit]")
    assert told.value.status == 409
    recorded = [one["body"] for one in trail(page, demo) if one["body"]["client"]["type"] == "survey"][-1]
    assert recorded["gateway"]["presence"]["kind"] == "code"
    page.goto(f"/sites/{demo.site}/jobs/{demo.ids['0006']}")
    expect(page.locator("#trail")).to_contain_text("on site: code of the guardian")
