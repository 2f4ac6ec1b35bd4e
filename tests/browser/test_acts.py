"""What a person does on the pages, and what the pages say back."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser import hand

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMANDS = "**/api/commands"


def sent(page: Page) -> list[dict[str, object]]:
    """The commands this page sends from now on."""
    found: list[dict[str, object]] = []

    def note(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/commands"):
            found.append(json.loads(request.post_data or "{}"))

    page.on("request", note)
    return found


def act_as(page: Page, demo: hand.Demo, name: str) -> None:
    page.goto(f"/sites/{demo.site}/board")
    page.locator(".actas").evaluate("one => one.setAttribute('open', '')")
    label = page.locator("select[name=person_id] option", has_text=name).first.inner_text()
    page.select_option("select[name=person_id]", label=label)
    with page.expect_navigation():
        page.click("[data-act-as-form] button")
    expect(page.locator(".me > span > b")).to_have_text(name)


def test_a_wrong_password_is_said_and_a_right_one_leads_to_the_board(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo, lang="zh-CN") as made:
        page = made.new_page()
        page.goto("/")
        expect(page).to_have_url(re.compile("/sign-in"))
        page.fill("#user", hand.SUPERVISOR)
        page.fill("#password", "not it at all")
        page.click("#signin button[type=submit]")
        expect(page.locator("#fault")).to_contain_text("未登录")
        hand.sign_in(page, demo)
        expect(page.locator(".board")).to_be_visible()


def test_the_shut_gate_says_what_is_missing_who_can_supply_it_and_which_rule(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/jobs/{demo.ids['0004']}")
    expect(page.locator("#gate-h")).to_contain_text("Gate 2: shut, 1 reason")
    card = page.locator("#gate .reason")
    expect(card).to_contain_text("plan for special hot work")
    expect(card).to_contain_text("G-PL-2")
    expect(card).to_contain_text("GB 30871-2022 5.4.2")
    expect(card).to_contain_text("work lead")
    spoken = page.locator("ol .gt .vh").all_inner_texts()
    assert spoken[:3] == [
        "Gate 1, after Risk assessment: open",
        "Gate 2, after Plan: shut, 1 reason",
        "Gate 3, after Briefing: not reached",
    ]


def test_a_refusal_shows_its_reasons_and_the_next_try_has_a_new_id(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/plan?job={demo.ids['0004']}")
    found = sent(page)
    for _ in range(2):
        with page.expect_response(COMMANDS):
            page.click("#command button[type=submit]")
        expect(page.locator("#command button[type=submit]")).to_be_enabled()
    expect(page.locator("#answer h2")).to_have_text("Refused: the plan is not approved")
    expect(page.locator("#answer")).to_contain_text("G-PL-2")
    assert len({one["command_id"] for one in found}) == 2
    assert all(isinstance(one["elapsed_ms"], int) and one["captured"] for one in found)


def test_a_second_tap_before_the_first_was_sent_is_no_second_command(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/plan?job={demo.ids['0004']}")
    found = sent(page)
    page.locator("#command").evaluate("one => { one.requestSubmit(); one.requestSubmit(); }")
    expect(page.locator("#answer h2")).to_be_visible()
    expect(page.locator("#command button[type=submit]")).to_be_enabled()
    assert len(found) == 1


#: The network goes and comes back; asked whether the plant is there, it says yes.
AWAY_AND_BACK = """() => {
  dispatchEvent(new Event("offline"));
  document.body.dataset.was = String(document.body.hasAttribute("data-offline"));
  dispatchEvent(new Event("online"));
}"""


def test_a_network_that_comes_back_opens_no_form_that_is_being_sent(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/plan?job={demo.ids['0004']}")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(COMMANDS, hold)
    with page.expect_request(COMMANDS):
        page.click("#command button[type=submit]")
    page.evaluate(AWAY_AND_BACK)
    expect(page.locator("body[data-was=true]:not([data-offline])")).to_have_count(1)
    assert page.locator("#command button[type=submit]").is_disabled()
    held[0].continue_()
    expect(page.locator("#answer h2")).to_be_visible()
    expect(page.locator("#command button[type=submit]")).to_be_enabled()


def test_a_lost_reply_is_asked_for_again_under_the_same_id_and_recorded_once(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/record_concern?job={demo.ids['0004']}")
    found = sent(page)
    lost: list[bool] = []

    def lose_the_first(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(True)
        route.fetch()  # the server has it and answers; nobody hears the answer
        route.abort()

    page.route(COMMANDS, lose_the_first)
    what = f"The hose of the fan lies across the path ({uuid.uuid4().hex[:8]})."
    page.fill("[id='f-what']", what)
    page.click("#command button[type=submit]")
    page.wait_for_url("**/outbox*")  # it waits on this device, and goes out again by itself
    expect(page.locator("[data-unsent]:visible")).to_contain_text("All sent")
    assert len(found) == 2 and found[0]["command_id"] == found[1]["command_id"]
    client = [{key: value for key, value in one.items() if key not in ("elapsed_ms", "clock")} for one in found]
    assert client[0] == client[1]
    page.goto(f"/sites/{demo.site}/jobs/{demo.ids['0004']}")
    trail = page.locator("#trail tbody tr", has_text=what)
    assert trail.count() == 1


def test_what_is_malformed_is_said_at_the_field_and_a_comma_is_a_decimal_point(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/record_wind")
    page.fill("#f-mean_m_s", "brisk")
    page.fill("#f-gust_m_s", "5")
    page.click("#command button[type=submit]")
    expect(page.locator("[data-name=mean_m_s] [data-fault]")).to_be_visible()
    expect(page.locator("#answer h2")).to_contain_text("Not sent")
    page.fill("#f-mean_m_s", "3,2")
    page.click("#command button[type=submit]")
    page.wait_for_url("**done=record_wind**")


def test_a_required_field_left_empty_is_said_before_anything_is_sent(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/forms/record_concern")
    found = sent(page)
    page.click("#command button[type=submit]")
    expect(page.locator("[data-name=what] [data-fault]")).to_have_text("Needed here.")
    assert page.evaluate("document.activeElement.id") == "f-what"
    assert found == []


def test_who_may_not_is_told_who_may(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo) as made:
        page = made.new_page()
        hand.sign_in(page, demo, hand.WORKER)
        page.goto(f"/sites/{demo.site}/forms/plan?job={demo.ids['0004']}")
        expect(page.locator("main .note.warn")).to_contain_text("Only these may do this")
        expect(page.locator("#command button[type=submit]")).to_be_disabled()


def test_the_guardian_on_duty_sees_six_digits_and_nobody_else(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/presence/{demo.ids['0007']}")
    expect(page.locator("main")).to_contain_text("Only the guardian on duty")
    act_as(page, demo, "He Ping")
    page.goto(f"/sites/{demo.site}/presence/{demo.ids['0007']}")
    expect(page.locator("[data-digits]")).to_have_text(re.compile(r"^\d{3} \d{3}$"))


def test_everything_can_be_done_with_the_keyboard_alone(browser: Browser, demo: hand.Demo) -> None:
    with hand.context(browser, demo) as made:
        page = made.new_page()
        page.goto("/sign-in")
        page.keyboard.type(hand.SUPERVISOR)  # the first field has the focus
        page.keyboard.press("Tab")
        page.keyboard.type(demo.password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/board")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.goto(f"/sites/{demo.site}/forms/record_wind")
        page.focus("#f-mean_m_s")
        page.keyboard.type("3.2")
        page.keyboard.press("Tab")
        page.keyboard.type("5")
        page.keyboard.press("Enter")
        expect(page.locator(".note.go")).to_contain_text("Wind and weather")


def test_the_board_changes_by_itself_when_somebody_stops_work(browser: Browser, demo: hand.Demo, page: Page) -> None:
    page.goto(f"/sites/{demo.site}/board")
    expect(page.locator("[data-live-word]")).to_have_text("Live")
    page.evaluate("window.stillHere = true")
    with hand.context(browser, demo, size=hand.HANDHELD, lang="zh-CN") as made:
        worker = made.new_page()
        hand.sign_in(worker, demo, hand.WORKER)
        worker.goto(f"/sites/{demo.site}/stop?job={demo.ids['0006']}")
        worker.wait_for_timeout(600)  # the page ignores taps in its first half second
        made.set_offline(True)
        worker.click("#stop-now")
        expect(worker.locator("#stop-state h2")).to_have_text("未发送。请大声呼喊并用对讲机")
        made.set_offline(False)
        expect(worker.locator("#stop-state h2")).to_contain_text("已叫停")
    card = page.locator(".pc", has_text=demo.ids["no 0007"])
    expect(card).to_contain_text("Stopped")
    expect(page.locator("#alarms")).to_contain_text("Work stopped")
    assert page.evaluate("window.stillHere") is True
