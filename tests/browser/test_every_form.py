"""Every command's form, in both languages, stands (see standing.py). A file of its own: it takes the longest."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from services.gateway.texts import LANGUAGES
from tests.browser import hand
from tests.browser.standing import wrong

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_stands(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        hand.sign_in(page, demo)
        assert wrong(page, hand.forms(demo), lang, within="main") == {}  # the frame around them is that of the pages
