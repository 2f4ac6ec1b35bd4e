"""A stop called by one is heard and seen by another, and whoever called it sees who has not been shown it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand

pytestmark = pytest.mark.browser
#: Counts the tones that a page makes; a page that was muted makes none for what may be muted.
TONES = """window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...given) { window.tones += 1; return start.apply(this, given); };"""


def opened(browser: Browser, demo: hand.Demo, user: str) -> Page:
    page = hand.context(browser, demo).new_page()
    page.add_init_script(TONES)
    hand.sign_in(page, demo, user)
    return page


def test_a_stop_is_heard_elsewhere_and_its_caller_sees_who_was_not_shown_it(browser: Browser, demo: hand.Demo) -> None:
    caller, other = opened(browser, demo, hand.WORKER), opened(browser, demo, hand.HSE)
    other.goto(f"/sites/{demo.site}/more")
    other.check("[data-mute]")  # silences alarms, never a stop
    other.goto(f"/sites/{demo.site}/legend")
    other.click("h1, h2")
    caller.goto(f"/sites/{demo.site}/stop?job={demo.ids['0004']}")
    other.route("**/alerts-shown", lambda route: route.abort())  # its screen is not on yet
    caller.wait_for_timeout(700)
    caller.click("#stop-now")
    expect(caller.locator("#stop-state")).to_contain_text("Stopped")

    stopped = other.locator("#alerts [data-kind=stop]").first
    expect(stopped).to_contain_text("Work stopped")
    assert other.evaluate("window.tones") >= 6
    missing = caller.locator("#alerts [data-kind=stop]").first.locator("details")
    expect(missing).to_contain_text("Signed in, not shown yet")
    name = other.locator(".me b").first.inner_text()
    expect(missing.locator("p", has_text="not shown yet")).to_contain_text(name)

    other.unroute("**/alerts-shown")
    other.reload()
    expect(missing.locator("p", has_text="Shown to")).to_contain_text(name)
    clear(caller, demo)
    expect(other.locator("#alerts [data-kind=stop]")).to_have_count(0)
    other.context.close()
    caller.context.close()


def clear(page: Page, demo: hand.Demo) -> None:
    """The cause is gone: the demo's job goes on for the tests that follow."""
    page.context.clear_cookies()
    hand.sign_in(page, demo, hand.SUPERVISOR)
    page.goto(f"/sites/{demo.site}/forms/clear_stop?job={demo.ids['0004']}")
    page.fill("#command textarea", "The hose is replaced and tested")
    page.click("#command button[type=submit]")
    page.wait_for_url("**done=clear_stop**")
