"""Every page and every form, in both languages, at both widths: there, translated, not wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from services.gateway.pages.acts import BY_STEP
from services.gateway.texts import LANGUAGES
from tests.browser import hand

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"handheld": hand.HANDHELD, "desktop": hand.DESKTOP}
TARGET_MIN = {"handheld": 48, "desktop": 40}
#: Controls smaller than a target, but for those inside a sentence (WCAG 2.5.8) and hidden radios under their label.
SMALL = """(min) => [...document.querySelectorAll('a.btn, button, select, summary, a.cmd, .ans label, .ticks label, '
    + 'input:not([type=radio],[type=checkbox],[type=hidden])')]
  .filter((one) => one.offsetParent && !one.closest('[hidden]'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.height && box.height < min - 0.5)
  .map(([one, box]) => `${one.tagName}.${one.className} ${Math.round(box.width)}x${Math.round(box.height)}`)"""


def faults(page: Page, least: int) -> list[str]:
    found = page.evaluate("document.body.innerText.match(/⟦[^⟧]*⟧/g) || []")
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found += [f"{over} px wider than the screen"] if over > 0 else []
    return [*found, *sorted(set(page.evaluate(SMALL, least)))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_stands(browser: Browser, demo: hand.Demo, lang: str, size: str) -> None:
    with hand.context(browser, demo, lang=lang, size=SIZES[size]) as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        wrong = {}
        for name, address in hand.pages(demo).items():
            answered = page.goto(address)
            assert answered is not None
            assert answered.status == (404 if name == "not-found" else 200), name
            assert page.get_attribute("html", "lang") == lang
            if found := faults(page, TARGET_MIN[size]):
                wrong[name] = found
        assert wrong == {}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_stands(browser: Browser, demo: hand.Demo, lang: str, size: str) -> None:
    with hand.context(browser, demo, lang=lang, size=SIZES[size]) as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        wrong = {}
        for step, types in BY_STEP.items():
            for type_ in types:
                answered = page.goto(hand.form_address(demo, type_, step=step))
                assert answered is not None and answered.status == 200, type_
                if found := faults(page, TARGET_MIN[size]):
                    wrong[type_] = found
        assert wrong == {}


def test_a_simulated_site_says_demo_on_every_page(page: Page, demo: hand.Demo) -> None:
    for name, address in hand.pages(demo).items():
        page.goto(address)
        if name != "not-found":
            assert "DEMO 演示" in page.inner_text("body"), name
