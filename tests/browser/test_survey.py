"""The survey's draft: what was answered and not recorded is there again for its author, and for nobody else."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser import hand
from tests.browser.test_at_the_place import PHOTO
from tests.browser.test_briefing import act_as
from tests.browser.test_offline import until

pytestmark = pytest.mark.browser
DRAFTS = "Object.keys(localStorage).filter((one) => one.startsWith('sevengates.draft.'))"
HOURS_13_AGO = f"""() => {DRAFTS}.forEach((key) => {{
  const kept = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({{ ...kept, at: kept.at - 13 * 3600 * 1000 }}));
}})"""


def survey(page: Page, demo: hand.Demo) -> Locator:
    """The survey's form, and its first line that is not recorded yet or, of a ticket in execution, is."""
    page.goto(hand.form_address(demo, "confirm_measures", step=5))
    page.wait_for_load_state("networkidle")
    page.locator("[data-lines] details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    return page.locator("[data-line]").first


def answer(line: Locator, note: str) -> None:
    line.locator("input[value=not_in_place]").check(force=True)
    line.locator("[data-note]").fill(note)


def test_what_was_answered_is_there_again_after_the_page_was_left_and_is_said_to_be_a_draft(
    page: Page, demo: hand.Demo
) -> None:
    line = survey(page, demo)
    expect(page.locator("[data-draft]")).to_be_hidden()
    answer(line, "hose too short")
    line.locator("input[type=file]").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": PHOTO})
    expect(line.locator("[data-uploaded]")).to_be_visible()
    photo = line.locator("[data-sha]").input_value()
    page.goto(f"/sites/{demo.site}/board")
    line = survey(page, demo)
    expect(page.locator("[data-draft]")).to_contain_text("what you answered (lines: 1)")
    expect(line.locator("input[value=not_in_place]")).to_be_checked()
    expect(line.locator("[data-note]")).to_have_value("hose too short")
    assert line.locator("[data-sha]").input_value() == photo
    page.click("[data-forget]")
    until(page, f"() => !{DRAFTS}.length && document.querySelector('[data-draft]').hidden")
    expect(page.locator("[data-line] input:checked")).to_have_count(0)


def test_a_draft_ends_with_its_record_and_a_photo_only_on_the_page_is_no_part_of_it(
    browser: Browser, demo: hand.Demo
) -> None:
    with hand.context(browser, demo, size=hand.HANDHELD) as context:
        page = context.new_page()
        hand.sign_in(page, demo)
        line = survey(page, demo)
        answer(line, "guard missing")
        context.set_offline(True)
        line.locator("input[type=file]").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": PHOTO})
        expect(line.locator("[data-waits]")).to_be_visible()
        context.set_offline(False)
        line = survey(page, demo)
        expect(line.locator("[data-note]")).to_have_value("guard missing")
        assert line.locator("[data-sha]").input_value() == ""
        page.click("#command button[type=submit]")
        page.wait_for_url("**done=confirm_measures**")
        assert page.evaluate(DRAFTS) == []
        survey(page, demo)
        expect(page.locator("[data-draft]")).to_be_hidden()


def test_no_other_person_on_the_handheld_sees_a_draft_not_even_by_going_back(page: Page, demo: hand.Demo) -> None:
    answer(survey(page, demo), "mine alone")
    act_as(page, demo, "guardian")
    while "confirm_measures" not in page.url:
        assert page.go_back() is not None
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.body.dataset.person") not in page.evaluate(DRAFTS)[0]
    for look in (lambda: page.locator("[data-line]").first, lambda: survey(page, demo)):
        line = look()
        expect(line.locator("[data-note]")).to_have_value("")
        expect(page.locator("[data-line] input:checked")).to_have_count(0)
        expect(page.locator("[data-draft]")).to_be_hidden()


def test_a_draft_older_than_a_shift_is_not_brought_back(page: Page, demo: hand.Demo) -> None:
    answer(survey(page, demo), "seen yesterday")
    page.evaluate(HOURS_13_AGO)
    line = survey(page, demo)
    expect(line.locator("[data-note]")).to_have_value("")
    assert page.evaluate(DRAFTS) == []
