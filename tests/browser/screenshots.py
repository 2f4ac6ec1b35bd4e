"""Every page and form (hand.addresses) in both languages, two widths and both themes, as PNG files.

    python -m tests.browser.screenshots [FOLDER]

Starts a demo of its own. Prints one line for each file and exits 1 if there is no Chromium.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, Page

from services.gateway.texts import LANGUAGES
from tests.browser import hand

FOLDER_DEFAULT = Path("screenshots")
SIZES = {"360": hand.HANDHELD, "1280": hand.DESKTOP}
THEMES = ("light", "dark")


def take(browser: Browser, demo: hand.Demo, folder: Path) -> None:
    for lang, (width, size), theme in itertools.product(LANGUAGES, SIZES.items(), THEMES):
        ending = f"{width}-{lang}-{theme}.png"
        with hand.context(browser, demo, lang=lang, theme=theme, size=size) as made:
            page = made.new_page()
            _pictures(page, {one.rpartition("/")[2]: one for one in hand.SIGNED_OUT}, folder, ending)
            hand.sign_in(page, demo)
            _pictures(page, hand.pages(demo) | hand.forms(demo), folder, ending)


def _pictures(page: Page, addresses: Mapping[str, str], folder: Path, ending: str) -> None:
    for name, address in addresses.items():
        page.goto(address)
        file = folder / f"{name}-{ending}"
        page.screenshot(path=file, full_page=True)
        print(file)


def main(arguments: list[str]) -> int:
    if hand.no_chromium():
        print(hand.no_chromium(), file=sys.stderr)
        return 1
    folder = Path(arguments[0]) if arguments else FOLDER_DEFAULT
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, hand.running_demo(Path(scratch)) as demo, hand.chromium() as browser:
        take(browser, demo, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
