"""Every page and every form, in both languages, at three widths: there, translated, within the screen, operable.

The list comes from the application's routes (hand.addresses). Rules are axe's for WCAG 2.2 A and AA; what they do not
hold us to (targets of 48 px on the handheld, 40 on the desktop) is measured here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from services.gateway.texts import LANGUAGES
from tests.browser import hand

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SIZES = {"360": hand.HANDHELD, "768": hand.TABLET, "1280": hand.DESKTOP}
#: The least height and width of a target by the width of the screen (pages are a handheld's up to 720 px).
TARGET_PX = {"360": 48, "768": 40, "1280": 40}
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
#: One line for each element that breaks a rule. Our pages forbid inline script: this is the debugger's hand, as all
#: of Playwright's.
AXE = """([within, tags]) => axe.run(within, { runOnly: tags, resultTypes: ['violations'] }).then(
  (found) => found.violations.flatMap((rule) => rule.nodes.map((node) =>
    `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`)))"""
#: Targets that are too small. Exempt as in WCAG 2.5.8: a link within a sentence (but not in
#: a list on the handheld, where each is meant to be tapped). A radio or a tick is as large as the label around it.
SMALL = """(least) => {
  const inSentence = (one) => {
    const box = one.closest('p, li, td, dd, dt, h1, h2, h3, span.s');
    const style = getComputedStyle(one);
    return one.tagName === 'A' && style.display === 'inline' && box && !(least >= 48 && one.closest('ul.rows'))
      && box.innerText.trim().length > one.innerText.trim().length;
  };
  return [...document.querySelectorAll('a[href], button, select, textarea, summary, input:not([type=hidden]), '
    + '[role=button], [role=tab], [tabindex="0"]')]
    .map((one) => (one.matches('[type=radio], [type=checkbox]') && one.closest('label')) || one)
    .filter((one) => one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
      && !one.classList.contains('skip') && !inSentence(one))
    .map((one) => [one, one.getBoundingClientRect()])
    .filter(([, box]) => box.height && (box.height < least - 0.5 || box.width < least - 0.5))
    .map(([one, box]) => `small: ${one.tagName}.${one.className} ${one.innerText?.trim().slice(0, 20)} `
      + `${Math.round(box.width)}x${Math.round(box.height)}`);
}"""
UNTRANSLATED = "document.body.innerText.match(/⟦[^⟧]*⟧/g) || []"
OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, within: str) -> Iterator[str]:
    """What is wrong with the page that is open, at each width; axe looks at the part `within`."""
    page.evaluate(AXE_SCRIPT)
    yield from page.evaluate(UNTRANSLATED)
    for width, size in SIZES.items():
        page.set_viewport_size(size)
        over = page.evaluate(OVER)
        found = [f"{over} px wider than the screen"] if over > 0 else []
        found += [*page.evaluate(SMALL, TARGET_PX[width]), *page.evaluate(AXE, [within, list(WCAG)])]
        yield from (f"{width} px: {one}" for one in sorted(set(found)))


def wrong(page: Page, addresses: Mapping[str, str], lang: str, within: str = "html") -> dict[str, Any]:
    found = {}
    for name, address in addresses.items():
        answered = page.goto(address)
        assert answered is not None
        assert answered.status == (404 if name == "not-found" else 200), name
        assert page.url.endswith(address), f"{name} leads elsewhere: it is none of the pages (hand.NO_PAGES)"
        assert page.get_attribute("html", "lang") == lang
        if said := list(faults(page, within)):
            found[name] = said
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_stands(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        assert wrong(page, {one: one for one in hand.SIGNED_OUT}, lang) == {}
        hand.sign_in(page, demo)
        assert wrong(page, hand.pages(demo), lang) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_of_a_worker_with_work_stand(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        hand.sign_in(page, demo, hand.WORKER)
        his = ("today", "job-active", "permit-active")
        assert wrong(page, {name: hand.pages(demo)[name] for name in his}, lang) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_stands(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        assert wrong(page, hand.forms(demo), lang, "main") == {}  # the frame around them is that of the pages


def test_a_simulated_site_says_demo_on_every_page(page: Page, demo: hand.Demo) -> None:
    for name, address in hand.pages(demo).items():
        page.goto(address)
        if name != "not-found":
            assert "DEMO 演示" in page.inner_text("body"), name
