"""A handheld without a network, in a real browser: kept, sent once, under its author's name, whatever is killed."""

from __future__ import annotations

import collections
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, Route, sync_playwright

from tests.browser import hand

OUTBOX = "() => import('/static/outbox.js')"
RECORDS = 100
KILLS = 10
REPLIES_LOST = 0.5
SEED = 20261128


@contextmanager
def handheld(play: Playwright, demo: hand.Demo, profile: Path) -> Iterator[BrowserContext]:
    """A browser that keeps its data; opened again it is the same handheld."""
    context = play.chromium.launch_persistent_context(
        str(profile), executable_path=hand.CHROMIUM, args=list(hand.FLAGS), viewport=hand.HANDHELD,
        base_url=demo.url, locale="en", reduced_motion="reduce",
    )  # fmt: skip
    try:
        yield context
    finally:
        context.close()


@pytest.fixture(scope="module")
def play(demo: hand.Demo, browser: Any) -> Iterator[Any]:
    """Playwright itself: the session's browser came from it."""
    yield browser.browser_type


def signed_in(context: BrowserContext, demo: hand.Demo) -> Page:
    page = context.pages[0] if context.pages else context.new_page()
    hand.sign_in(page, demo)
    page.goto(f"/sites/{demo.site}/today")
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    page.wait_for_function("caches.open('pages').then((one) => one.keys()).then((keys) => keys.length > 3)")
    return page


def kept(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("import('/static/store.js').then((store) => store.entries())")
    return found
