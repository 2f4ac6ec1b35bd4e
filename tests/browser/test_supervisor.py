"""Approving in a real browser: read on a narrow screen and issued; of two who approve at once, one wins."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import hand, prepared
from tests.browser.test_acts import AWAY_AND_BACK

pytestmark = pytest.mark.browser
#: Somebody else of the site whose grade may issue the same ticket.
OTHER_SUPERVISOR = "gao.yuan"


def waiting(page: Page, demo: hand.Demo) -> prepared.Prepared:
    return prepared.surveyed(demo, page.get_attribute("body", "data-now") or "")


def on_site(context: BrowserContext) -> None:
    context.grant_permissions(["geolocation"])
    context.set_geolocation(prepared.AT_THE_PLACE)  # type: ignore[arg-type]


def approve(page: Page, demo: hand.Demo) -> None:
    page.click("[data-position]")
    expect(page.locator("[data-position-said]")).to_contain_text("accurate")
    page.fill("#p-word", demo.password)
    page.click("#command button[type=submit]")


def test_a_ticket_is_read_and_issued_on_a_narrow_screen(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo, size=hand.HANDHELD) as context:
        on_site(context)
        page = context.new_page()
        hand.sign_in(page, demo)
        ticket = waiting(page, demo)
        page.goto(f"/sites/{demo.site}/approve")
        expect(page.locator("main form")).to_have_count(0)  # nothing is approved from a list
        page.click(f"text={ticket.permit_no}")
        page.wait_for_url(f"**/approve/{ticket.permit_no}")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        read = page.locator("main").inner_text()
        order = [
            "Everything is true",
            "Risks and controls",
            "Method statement",
            "Huang Lei",
            "Measures",
            "No other work",
        ]
        places = [read.index(one) for one in order]
        assert places == sorted(places)
        expect(page.locator(".idx .fine")).to_have_count(page.locator(".idx li").count())
        with page.expect_request("**/api/commands") as told:
            approve(page, demo)
        assert json.loads(told.value.post_data or "{}")["expected_version"] > 0
        page.wait_for_url("**done=issue**")
        expect(page.locator("#gate-h")).to_contain_text("Issued by Sun Lihua")
        expect(page.locator("#command")).to_have_count(0)


def test_of_two_who_approve_at_once_one_wins_and_the_other_sees_who_and_when(browser: Browser, demo: hand.Demo) -> None:
    # contexts of their own: the tabs of one browser share what they hear
    with (
        hand.context(browser, demo) as first,
        hand.context(browser, demo) as second,
        hand.context(browser, demo) as third,
    ):
        on_site(first)
        on_site(second)
        winner, loser, reader = first.new_page(), second.new_page(), third.new_page()
        hand.sign_in(winner, demo)
        hand.sign_in(loser, demo, OTHER_SUPERVISOR)
        hand.sign_in(reader, demo, OTHER_SUPERVISOR)
        ticket = waiting(winner, demo)
        address = f"/sites/{demo.site}/approve/{ticket.permit_no}"
        loser.route("**/events*", lambda route: route.abort())  # hears nothing of what others do
        for page in (winner, loser, reader):
            page.goto(address)
            expect(page.locator("#command button[type=submit]")).to_be_enabled()
        approve(winner, demo)
        winner.wait_for_url("**done=issue**")

        # whoever reads the page learns it at once, and can no longer send
        expect(reader.locator("#stale")).to_contain_text(re.compile(r"Issue the permit.*Sun Lihua", re.DOTALL))
        expect(reader.locator("#command button[type=submit]")).to_be_disabled()
        reader.evaluate(AWAY_AND_BACK)
        expect(reader.locator("body[data-was=true]:not([data-offline])")).to_have_count(1)
        assert reader.locator("#command button[type=submit]").is_disabled()

        # whoever did not hear of it is refused, and told the same
        approve(loser, demo)
        answer = loser.locator("#answer")
        expect(answer).to_contain_text("the permit is not issued")
        expect(answer).to_contain_text("Somebody changed the job meanwhile")
        expect(answer).to_contain_text(re.compile(r"Decided meanwhile.*Issue the permit.*Sun Lihua", re.DOTALL))
