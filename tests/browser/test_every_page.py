"""Every page, in both languages, stands (see standing.py). The list comes from the application's routes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from services.gateway.texts import LANGUAGES
from tests.browser import hand
from tests.browser.standing import wrong

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIMULATED = "DEMO 演示"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_stands_and_says_that_its_site_is_simulated(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        assert wrong(page, {one: one for one in hand.SIGNED_OUT}, lang) == {}
        hand.sign_in(page, demo)
        assert wrong(page, hand.pages(demo), lang, says=SIMULATED) == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_of_a_worker_with_work_stand(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        hand.sign_in(page, demo, hand.WORKER)
        his = ("today", "job-active", "permit-active")
        assert wrong(page, {name: hand.pages(demo)[name] for name in his}, lang) == {}
