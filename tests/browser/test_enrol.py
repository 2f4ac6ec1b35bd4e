"""A handheld becomes somebody's by badge and one-time code: no password is typed, and the key signs from then on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand
from tests.browser.test_signatures import concern, signature_of

pytestmark = pytest.mark.browser
PIN = "271828"


def given(page: Page, code: str, pin: str = PIN, again: str = PIN) -> None:
    for field, value in {"code": code, "pin": pin, "again": again, "device": "handheld 7"}.items():
        page.fill(f"#{field}", value)
    page.click("#enrol button[type=submit]")


def test_a_badge_and_a_code_of_an_administrator_make_a_key_that_signs_in_and_signs(
    browser: Browser, demo: hand.Demo
) -> None:
    with hand.context(browser, demo) as theirs, hand.context(browser, demo, size=hand.HANDHELD) as mine:
        code = hand.code_for(theirs.new_page(), demo, hand.WORKER)
        page = mine.new_page()
        page.goto(f"/enrol?user={hand.WORKER}")  # what a badge's QR leads to
        tries = {"6 digits": (code, "123", "123"), "PINs differ": (code, PIN, "141421"), "code is wrong": ("WRONG",)}
        for said, wrong in tries.items():
            given(page, *wrong)
            expect(page.locator("#fault")).to_contain_text(said)
        given(page, code.lower())
        page.wait_for_url("**/today?done=register_key**")
        concern(page, demo, "signed without any password", PIN)
        page.wait_for_url("**done=record_concern**")
        assert signature_of(page, demo, "signed without any password")["means"] == "device_key"
        mine.clear_cookies(name="sevengates_session")
        page.goto(f"/change-person?user={hand.WORKER}")
        page.fill("#persons-pin", PIN)
        page.keyboard.press("Enter")
        page.wait_for_url("**/today")
        mine.clear_cookies(name="sevengates_session")
        page.goto("/enrol")
        page.fill("#user", hand.WORKER)
        given(page, code)
        expect(page.locator("#fault")).to_contain_text("used up")


def test_a_key_that_the_plant_did_not_take_is_asked_for_again_without_a_code(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo) as theirs, hand.context(browser, demo, size=hand.HANDHELD) as mine:
        code = hand.code_for(theirs.new_page(), demo, hand.HSE)
        page = mine.new_page()
        page.route("**/api/me", lambda route: route.abort(), times=1)
        page.route("**/api/commands", lambda route: route.fulfill(status=503, json={}), times=1)
        page.goto(f"/enrol?user={hand.HSE}")
        given(page, code)
        for _ in range(2):  # the network went before the key was sent, then the plant took nothing
            expect(page.locator("#fault")).to_contain_text("did not take the key")
            expect(page.locator("#enrol button[type=submit]")).to_be_enabled()
            page.click("#enrol button[type=submit]")
        page.wait_for_url("**/today?done=register_key**")


def test_nobody_but_an_administrator_is_offered_a_code_to_hand_out(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo) as theirs, hand.context(browser, demo) as mine:
        page, desk = mine.new_page(), theirs.new_page()
        hand.sign_in(page, demo, hand.SUPERVISOR)
        page.goto(f"/sites/{demo.site}/codes")
        expect(page.locator("#main")).to_contain_text("Codes are handed out by")
        expect(page.locator("#codes")).to_have_count(0)
        hand.sign_in(desk, demo, hand.ADMINISTRATOR)
        desk.goto(f"/sites/{demo.site}/codes")
        desk.fill("#user", "no-such-number")
        desk.click("#codes button[type=submit]")
        expect(desk.locator("#fault")).to_contain_text("has an account")
