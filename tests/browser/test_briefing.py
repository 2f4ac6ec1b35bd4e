"""A briefing is read to its end and answered before it can be signed, in at most four taps; a new version says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand
from tests.browser.test_offline import at_work, handheld, until

pytestmark = pytest.mark.browser
TAPS_MAX = 4
SEND = """async ([type, job, payload, permit]) => {
    const id = crypto.randomUUID();
    const answer = await fetch("/api/commands", {
        method: "POST",
        headers: {
            "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content,
        },
        body: JSON.stringify({command_id: id, type, version: 1, site_id: document.body.dataset.site, job_id: job,
            permit_id: permit,
            actor: document.body.dataset.person, lang: "en", payload, elapsed_ms: 0,
            captured: {device_time: new Date().toISOString(), page_id: crypto.randomUUID()}}),
    });
    return {status: answer.status, body: await answer.json()};
}"""
ACT_AS = """async ([person_id, site_id]) => (await fetch("/api/act-as", {
    method: "POST",
    headers: {
        "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content,
    },
    body: JSON.stringify({person_id, site_id}),
})).status"""
QUESTION = {
    "ask": "A mate lies in the pit. What do you do first?", "answer_a": "Climb in and pull him out",
    "answer_b": "Call and stay outside", "right_answer": "b",
}  # fmt: skip


@pytest.fixture
def lead(browser: Browser, demo: hand.Demo) -> Iterator[Page]:
    with hand.context(browser, demo, size=hand.HANDHELD) as context:
        page = context.new_page()
        hand.sign_in(page, demo)
        yield page


def act_as(page: Page, demo: hand.Demo, role: str) -> None:
    """Whoever holds the role first, on the simulated site."""
    page.goto(f"/sites/{demo.site}/board")
    label = page.locator("select[name=person_id] option", has_text=role).first
    who = label.get_attribute("value")
    told = page.evaluate(ACT_AS, [who, demo.site])
    assert told == 200
    page.goto(f"/sites/{demo.site}/board")


def give(page: Page, demo: hand.Demo, emergency: str) -> None:
    topics: list[dict[str, Any]] = [
        {"topic": "hazards", "text": "Little oxygen in the pit."},
        {"topic": "measures", "text": "Fan runs all the time."},
        {"topic": "emergency", "text": emergency, "question": QUESTION},
    ]
    payload = {"place": "gate 3", "contents": {"en": topics}}
    told = page.evaluate(SEND, ["give_briefing", demo.ids["0004"], payload])
    assert told["status"] == 200, told


def read_all(page: Page) -> None:
    for part in page.locator("[data-part]").all():
        part.locator("[data-end]").scroll_into_view_if_needed()
        page.mouse.wheel(0, 160)
        expect(part.locator("[data-done]")).to_be_visible()


def test_reading_answering_and_signing_take_few_taps_and_the_first_answer_is_kept(lead: Page, demo: hand.Demo) -> None:
    act_as(lead, demo, "work lead")
    give(lead, demo, "Call 8119.")
    lead.goto(f"/sites/{demo.site}/forms/acknowledge_briefing?job={demo.ids['0004']}")
    lead.evaluate("() => { window.taps = 0; addEventListener('pointerdown', () => { window.taps += 1; }, true); }")
    sign = lead.locator("#command button[type=submit]")
    expect(sign).to_be_disabled()
    read_all(lead)
    expect(sign).to_be_disabled()
    lead.locator("[data-question] label", has_text="Call and stay outside").click()
    expect(sign).to_be_enabled()
    taps = int(lead.evaluate("window.taps"))
    with lead.expect_response("**/api/commands") as told:
        sign.click()
    sent = told.value.request.post_data_json["payload"]
    assert (told.value.status, sent["score"], sent["answers"]) == (200, 100, [{"topic": 2, "chosen": "b"}])
    taps += 2  # from "my work" to the briefing, and signing
    print(f"briefing: {taps} taps")
    assert taps <= TAPS_MAX


def test_a_wrong_answer_shows_the_part_again_and_a_new_version_says_what_changed(lead: Page, demo: hand.Demo) -> None:
    act_as(lead, demo, "work lead")
    give(lead, demo, "Call 8120.")
    lead.goto(f"/sites/{demo.site}/forms/acknowledge_briefing?job={demo.ids['0004']}")
    heading = lead.locator("#main h2").first
    expect(heading).to_contain_text("no longer counts: emergency")
    expect(lead.locator("del")).to_contain_text("8119")
    expect(lead.locator("ins")).to_contain_text("8120")
    read_all(lead)
    lead.locator("[data-question] label", has_text="Climb in").click()
    again = lead.locator("[data-part=emergency] [data-again]")
    expect(again).to_be_visible()
    expect(lead.locator("[data-question] input:checked")).to_have_count(0)
    lead.locator("[data-question] label", has_text="Call and stay outside").click()
    read_all(lead)
    with lead.expect_response("**/api/commands") as told:
        lead.locator("#command button[type=submit]").click()
    assert told.value.request.post_data_json["payload"]["score"] == 0


def test_who_works_nearby_is_told_without_a_network_too(browser: Browser, demo: hand.Demo, tmp_path: Path) -> None:
    with handheld(browser, demo, tmp_path / "near") as context:
        page = at_work(context, demo, "he.ping")  # the guardian of the job in execution
        address = f"/sites/{demo.site}/forms/acknowledge_briefing?job={demo.ids['0006']}"
        found = f"caches.match('{address}', {{ ignoreVary: true }}).then((one) => Boolean(one))"
        until(page, f"() => {found}")
        context.set_offline(True)
        page.goto(address)
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("[data-part=neighbours]")).to_contain_text("as the plant knew it on")
        expect(page.locator("[data-part=neighbours] li").first).not_to_be_empty()
