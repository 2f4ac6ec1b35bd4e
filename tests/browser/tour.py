"""The pictures of README's tour, taken anew from a running demo: few, small, and of today's pages.

    python -m tests.browser.tour

Writes deploy/demo/tour/*.png. Needs Chromium; the picture of a permit needs pdftoppm (poppler-utils).
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import hand, prepared

FOLDER = Path("deploy") / "demo" / "tour"
COLOURS = 64  # of a page's few tones: a third of the bytes, and no difference to the eye
GAP, GREY = 16, (206, 210, 206)
PDF_DPI = 72
GUARDIAN = "he.ping"  # of the ticket that is at work


def take(browser: Browser, demo: hand.Demo) -> None:
    _write("handheld-en", _side_by_side(_handheld(browser, demo)))
    with hand.context(browser, demo) as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        ticket = prepared.surveyed(demo, page.get_attribute("body", "data-now") or "")
        _write("job-en", _seen(page, f"/sites/{demo.site}/jobs/{demo.ids['0004']}"))
        _write("board-en", _seen(page, f"/sites/{demo.site}/board"))
        pdf = _permit(page, demo)
    with hand.context(browser, demo, lang="zh-CN") as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        _write("approve-zh", _seen(page, f"/sites/{demo.site}/approve/{ticket.permit_no}"))
    _write("permit", pdf)


def _handheld(browser: Browser, demo: hand.Demo) -> list[Image.Image]:
    """What a guardian has in hand: their work, the briefing, the gas test, STOP."""
    with hand.context(browser, demo, size=hand.HANDHELD) as made:
        page = made.new_page()
        hand.sign_in(page, demo, GUARDIAN)
        forms = [hand.form_address(demo, name, step=5) for name in ("acknowledge_briefing", "record_gas_test")]
        stop = f"/sites/{demo.site}/stop?job={demo.ids['0006']}"
        shown = ((f"/sites/{demo.site}/today", "body"), (forms[0], "#command"), (forms[1], "#command"), (stop, "body"))
        return [_seen(page, address, top) for address, top in shown]


def _seen(page: Page, address: str, top: str = "body") -> Image.Image:
    """What a person sees at once, or with this at the top."""
    page.goto(address, wait_until="networkidle")
    page.locator(top).first.evaluate("one => one.scrollIntoView()")
    return Image.open(io.BytesIO(page.screenshot()))


def _permit(page: Page, demo: hand.Demo) -> Image.Image:
    """The first side of the closed job's hot-work permit."""
    view = page.request.get(f"/api/jobs/{demo.ids['0001']}").json()
    permit_id = demo.ids["0002"]
    sealed = (one for one in view["documents"] if (one["kind"], one["permit_id"]) == ("permit", permit_id))
    sha256 = next(sealed)["sha256"]
    content = page.request.get(f"/api/documents/{sha256}").body()
    command = ["pdftoppm", "-png", "-r", str(PDF_DPI), "-f", "1", "-singlefile", "-"]
    return Image.open(io.BytesIO(subprocess.run(command, input=content, capture_output=True, check=True).stdout))


def _side_by_side(pictures: list[Image.Image]) -> Image.Image:
    width = sum(one.width for one in pictures) + GAP * (len(pictures) + 1)
    whole = Image.new("RGB", (width, max(one.height for one in pictures) + 2 * GAP), GREY)
    left = GAP
    for one in pictures:
        whole.paste(one, (left, GAP))
        left += one.width + GAP
    return whole


def _write(name: str, picture: Image.Image) -> None:
    file = FOLDER / f"{name}.png"
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    print(f"{file} {file.stat().st_size // 1000} kB")


def main() -> int:
    if hand.no_chromium():
        print(hand.no_chromium(), file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as scratch, hand.running_demo(Path(scratch)) as demo, hand.chromium() as browser:
        take(browser, demo)
    return 0


if __name__ == "__main__":
    sys.exit(main())
