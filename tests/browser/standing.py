"""Whether pages stand at three widths: there, translated, within the screen, operable.

Rules are axe's for WCAG 2.2 A and AA; what they do not hold us to (targets of 48 px on the handheld, 40 on the desktop)
is measured here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser import hand

SIZES = {"360": hand.HANDHELD, "768": hand.TABLET, "1280": hand.DESKTOP}
#: The least height and width of a target by the width of the screen (pages are a handheld's up to 720 px).
TARGET_PX = {"360": 48, "768": 40, "1280": 40}
NOT_FOUND = "not-found"
WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
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
#: What axe judges besides places and sizes: which elements are shown, and in what colours and letters.
LOOK = """() => [...document.body.querySelectorAll('*')].map((one) => {
  const { color, backgroundColor, opacity, position, fontSize, fontWeight, textDecorationLine } = getComputedStyle(one);
  return [one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true }), color, backgroundColor,
    opacity, position, fontSize, fontWeight, textDecorationLine];
}).join()"""
#: The rules about places and sizes.
PLACES = ("target-size", "scrollable-region-focusable")
#: Everything that is measured at one width, in one go: a line for each element that breaks a rule. A page that looks as
#: it did at a width before is held again to the rules about places and sizes only. Our pages forbid inline script: this
#: is the debugger's hand, as all of Playwright's.
MEASURED = f"""async ([within, tags, places, least]) => {{
  const look = ({LOOK})();
  const same = (window.looks ||= new Set()).has(look);
  window.looks.add(look);
  const over = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  const small = ({SMALL})(least);
  const broken = await axe.run(within, {{ runOnly: same ? places : tags, resultTypes: ['violations'] }});
  return [...(over > 0 ? [`${{over}} px wider than the screen`] : []), ...small,
    ...broken.violations.flatMap((rule) => rule.nodes.map((node) =>
      `${{rule.id}}: ${{node.target}} ${{node.html.slice(0, 120)}}`))];
}}"""
UNTRANSLATED = re.compile("⟦[^⟧]*⟧")


def faults(page: Page, within: str, says: str) -> Iterator[str]:
    """What is wrong with the page that is open, at each width; axe looks at the part `within`."""
    page.evaluate(AXE_SCRIPT)
    text = page.inner_text("body")
    yield from UNTRANSLATED.findall(text)
    if says not in text:
        yield f"does not say {says}"
    for width, size in SIZES.items():
        page.set_viewport_size(size)
        found = page.evaluate(MEASURED, [within, list(WCAG), list(PLACES), TARGET_PX[width]])
        yield from (f"{width} px: {one}" for one in sorted(set(found)))


def wrong(
    page: Page, addresses: Mapping[str, str], lang: str, *, within: str = "html", says: str = ""
) -> dict[str, list[str]]:
    """What is wrong with each page, by its name. says: what each has to say somewhere."""
    found = {}
    for name, address in addresses.items():
        answered = page.goto(address)
        assert answered is not None
        assert answered.status == (404 if name == NOT_FOUND else 200), name
        assert page.url.endswith(address), f"{name} leads elsewhere: it is none of the pages (hand.NO_PAGES)"
        assert page.get_attribute("html", "lang") == lang
        if said := list(faults(page, within, "" if name == NOT_FOUND else says)):
            found[name] = said
    return found
