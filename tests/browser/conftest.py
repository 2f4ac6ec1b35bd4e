"""One demo and one Chromium for all browser tests of a run. Without Chromium they are skipped, and say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import hand


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hand.Demo]:
    if hand.no_chromium():
        pytest.skip(hand.no_chromium())
    with hand.running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def browser(demo: hand.Demo) -> Iterator[Browser]:
    with hand.chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser, demo: hand.Demo) -> Iterator[Page]:
    """The site supervisor at a desktop, signed in, in English. A page that breaks a rule of its own fails the test."""
    with hand.context(browser, demo) as made:
        opened = made.new_page()
        broken: list[str] = []
        opened.on("pageerror", lambda error: broken.append(str(error)))
        opened.on("console", lambda said: broken.append(said.text) if "Content Security Policy" in said.text else None)
        hand.sign_in(opened, demo)
        yield opened
        assert broken == []
