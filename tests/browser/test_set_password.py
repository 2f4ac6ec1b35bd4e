"""Whoever holds a one-time code sets a password on a page, and is told what is wrong before and after it is sent."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand

pytestmark = pytest.mark.browser
NEW = "another-long-password"


def given(page: Page, code: str, password: str, again: str) -> None:
    for field, value in {"user": hand.HSE, "code": code, "password": password, "again": again}.items():
        page.fill(f"#{field}", value)
    page.click("#set-password button")


def test_a_code_sets_a_password_once_and_signs_in(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo) as theirs, hand.context(browser, demo) as mine:
        page = mine.new_page()
        code = hand.code_for(theirs.new_page(), demo, hand.HSE)
        page.goto("/set-password")
        tries = {"differ": (code, NEW, "other"), "code is wrong": ("WRONG", NEW, NEW), "too short": (code, "a", "a")}
        for said, wrong in tries.items():
            given(page, *wrong)
            expect(page.locator("#fault")).to_contain_text(said)
        given(page, code.lower(), NEW, NEW)
        page.wait_for_url("**/board")
