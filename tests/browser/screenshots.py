"""Every page in both languages, two widths and both themes, as PNG files.

    python -m tests.browser.screenshots [FOLDER]

Starts a demo of its own. Prints one line for each file and exits 1 if there is no Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from services.gateway.texts import LANGUAGES
from tests.browser import hand

FOLDER_DEFAULT = Path("screenshots")
SIZES = {"360": hand.HANDHELD, "1280": hand.DESKTOP}
THEMES = ("light", "dark")
#: Forms with rows, unit tiles and long lists: those where something can be cut off.
FORMS = {
    "add_ticket": 1, "record_risk_assessment": 1, "record_plan": 2, "assign_crew": 2, "give_briefing": 3,
    "confirm_measures": 4, "record_gas_test": 4, "issue": 4, "resume": 5, "accept": 6, "review": 7,
    "declare_emergency": 0,
}  # fmt: skip


def take(browser: Browser, demo: hand.Demo, folder: Path) -> None:
    for lang in LANGUAGES:
        for width, size in SIZES.items():
            for theme in THEMES:
                with hand.context(browser, demo, lang=lang, theme=theme, size=size) as made:
                    page = made.new_page()
                    page.goto("/sign-in")
                    names = {"sign-in": "/sign-in"}
                    page.screenshot(path=folder / f"sign-in-{width}-{lang}-{theme}.png")
                    hand.sign_in(page, demo)
                    names = hand.pages(demo)
                    names |= {f"form-{one}": hand.form_address(demo, one, step=step) for one, step in FORMS.items()}
                    for name, address in names.items():
                        page.goto(address)
                        page.wait_for_load_state("load")
                        file = folder / f"{name}-{width}-{lang}-{theme}.png"
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
