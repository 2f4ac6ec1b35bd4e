"""The aids beside a plan's forms, on a handheld and by keyboard: they tell, and fill in nothing by themselves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from services.gateway.pages.plan_page import AIDED
from services.gateway.texts import LANGUAGES, texts
from tests.browser import hand
from tests.browser.standing import faults

pytestmark = pytest.mark.browser
#: The step at which each of these forms is opened (hand.form_address): a crew changes while work runs.
STEPS = {type_: 5 if type_ in ("change_crew", "replace_ticket") else 2 for type_ in AIDED}
#: Who writes plans in the demo, and also leads work.
PLANNER = "wang.jianye"


@pytest.fixture
def planner(browser: Browser, demo: hand.Demo) -> Iterator[Page]:
    with hand.context(browser, demo, size=hand.HANDHELD) as made:
        opened = made.new_page()
        hand.sign_in(opened, demo, PLANNER)
        yield opened


def fits(page: Page) -> bool:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return bool(wide <= 0)


def test_whoever_is_added_to_a_crew_is_told_of_at_once_and_a_certificate_is_taken_on_request(
    planner: Page, demo: hand.Demo
) -> None:
    planner.goto(hand.form_address(demo, "assign_crew", step=2))
    status = planner.locator("#plan-aid [role=status]")
    expect(status).to_have_text("No warnings so far.")
    rows = planner.locator("[data-name=crew] > [data-rows] > [data-row]")
    cutter = rows.filter(has=planner.get_by_role("button", name="C-0001"))
    number = cutter.locator("[data-name=certificate_id] input")
    expect(number).to_have_value("")  # nothing is filled in by itself
    take = cutter.get_by_role("button", name="C-0001")
    take.press("Enter")
    written = planner.locator("[data-name=certificate_id] input:focus")
    expect(written).to_have_value("C-0001")
    planner.locator("[data-name=crew] > [data-rows] > p > [data-add]").click()
    added = rows.last
    added.locator("select").first.select_option(label="He Ping · guardian, isolation authority")
    added.locator("[data-name=role] input[value=guardian]").check(force=True)
    added.locator("[data-name=trade] select").select_option("guardian")
    told = added.locator("[data-aid=member]")
    expect(told).to_contain_text("He Ping is guardian at another place too")
    expect(told).to_contain_text("G-CR-2b")
    expect(status).to_contain_text("1 warning")
    assert fits(planner)
    planner.locator("#command button[type=submit]").click()
    planner.wait_for_url("**done=assign_crew**")  # a warning keeps nothing back


def test_a_window_is_told_while_it_is_written_and_without_the_plant_it_is_not_known(
    planner: Page, demo: hand.Demo
) -> None:
    planner.goto(hand.form_address(demo, "amend_ticket", step=1))
    told = planner.locator("[data-aid=window]")
    expect(told).to_contain_text("at most 8")
    planner.locator("[data-name=planned_from] input").fill("2026-10-24T18:00")
    planner.locator("[data-name=planned_to] input").fill("2026-10-25T03:00")
    expect(told).to_contain_text("The limit is 8 h")
    expect(told).to_contain_text("on a rest day")
    assert fits(planner)
    planner.route("**/plan-aid?*", lambda route: route.abort())
    planner.locator("[data-name=planned_to] input").fill("2026-10-24T20:00")
    expect(planner.locator("#plan-aid [role=status]")).to_contain_text("Not known")
    expect(told).to_be_hidden()


def test_a_gas_plan_is_ticked_only_when_somebody_says_so_and_points_stand_by_area(
    planner: Page, demo: hand.Demo
) -> None:
    planner.goto(hand.form_address(demo, "record_plan", step=2))
    item = planner.locator("[data-name=gas] [data-key]").first
    boxes = item.locator("input[type=checkbox]")
    for box in boxes.all():
        box.uncheck()
    expect(item.locator("[data-aid=gas]")).to_contain_text("G-GAS-1")
    assert item.locator("input:checked").count() == 0
    item.get_by_role("button", name="Tick what is proposed").press("Enter")
    assert [one.get_attribute("value") for one in item.locator("input:checked").all()] == [
        "propane",
        "inside",
        "outside",
    ]
    expect(item.locator("[data-aid=gas]")).to_contain_text("Every kind and point")
    isolations = planner.locator("[data-name=isolations]")
    isolations.locator("[data-add]").last.click()
    areas = isolations.locator("[data-row] [data-name=point_id] optgroup")
    expect(areas).to_have_count(2)
    assert "DR-1201 upstream spool" in areas.first.inner_text()  # of the job's own area
    assert fits(planner)


def test_a_clash_with_work_that_runs_is_told_while_the_ticket_is_written(planner: Page, demo: hand.Demo) -> None:
    planner.goto(hand.form_address(demo, "amend_ticket", step=1))
    told = planner.locator("[data-aid=clashes]")
    expect(told).to_contain_text("No clash")
    planner.locator("[data-name=activities] input[value=gas_release]").check(force=True)
    planner.locator("[data-name=spot] [data-name=east_m] input").fill("90")  # half a place is none
    expect(told).to_contain_text("No clash")
    planner.locator("[data-name=spot] [data-name=north_m] input").fill("90")  # in the workshop
    expect(told).to_contain_text("Clashes with HX-HW-20261019-0007: hot work and a release of flammable gas")
    expect(told).to_contain_text("G-SIM-1")
    assert fits(planner)


def test_a_change_of_a_crew_is_told_of_who_comes_and_of_who_is_missing_then(planner: Page, demo: hand.Demo) -> None:
    planner.goto(hand.form_address(demo, "change_crew", step=5))
    above = planner.locator("#plan-aid [data-whole]")
    expect(above).not_to_contain_text("G-CR-2a")
    planner.locator("[data-name=remove] label", has_text="He Ping").click()
    expect(above).to_contain_text("G-CR-2a")
    planner.locator("[data-name=add] [data-add]").last.click()
    row = planner.locator("[data-name=add] > [data-rows] > [data-row]").first
    row.locator("select").first.select_option(label="Liu Chong · worker")
    row.locator("[data-name=role] input[value=worker]").check(force=True)
    row.locator("[data-name=trade] select").select_option("hot_work")
    expect(row.locator("[data-aid=member]")).to_contain_text("C-0006")
    assert fits(planner)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_form_with_an_aid_stands_for_whoever_is_told_by_it(browser: Browser, demo: hand.Demo, lang: str) -> None:
    with hand.context(browser, demo, lang=lang) as made:
        page = made.new_page()
        hand.sign_in(page, demo, PLANNER)
        for type_, step in STEPS.items():
            page.set_viewport_size(hand.DESKTOP)
            page.goto(hand.form_address(demo, type_, step=step))
            expect(page.locator("#plan-aid [data-said]")).not_to_be_empty()
            assert list(faults(page, "main", texts(lang).t("plan_aid.title"))) == [], type_
