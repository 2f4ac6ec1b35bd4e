"""The risk form says what a row comes to by the plant's own arithmetic, and what differs from what it started from."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from services.seven_steps import risk
from tests.browser import hand
from tests.browser.test_offline import module

pytestmark = pytest.mark.browser
BOUNDS = {
    "matrix": {"extreme": "15", "high": "10", "medium": "5"},
    "lec": {"extreme": "160", "high": "70", "medium": "20"},
}
MATRIX = [{"l": str(n), "s": str(m)} for n in range(1, 6) for m in range(1, 6)]
LEC = [
    {"l": n, "e": e, "c": c}
    for n in ("0.1", "0.2", "0.5", "1", "3", "6", "10")
    for e in ("0.5", "1", "2", "3", "6", "10")
    for c in ("1", "3", "7", "15", "40", "100")
]


def by_the_rules(method: str, values: dict[str, str]) -> str:
    from decimal import Decimal

    kind = "lec" if method == "lec" else "matrix"
    number = lambda name, _board: Decimal(BOUNDS[kind][name.split("_")[1]])  # noqa: E731
    case: Any = SimpleNamespace(rules=SimpleNamespace(number=number), board=None)
    return risk.band(method, values, case)


def test_the_page_reckons_every_score_as_the_rules_do(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/today")
    asked = [("5x5", one) for one in MATRIX] + [("lec", one) for one in LEC]
    told = page.evaluate(
        "async ([at, asked, bounds]) => { const { bandOf } = await import(at);"
        " return asked.map(([method, values]) => bandOf(method, values, bounds)); }",
        [module(page, "risk_score.js"), asked, BOUNDS],
    )
    assert told == [by_the_rules(method, values) for method, values in asked]


def test_a_template_fills_the_form_and_every_change_to_it_is_shown(page: Page, demo: hand.Demo) -> None:
    page.goto(f"{hand.form_address(demo, 'record_risk_assessment', step=1)}&template=hot_work")
    row = page.locator("[data-name=rows] > [data-rows] > [data-row]").first
    expect(row.locator("[data-slot=initial]")).to_contain_text("4 × 5 = 20")
    expect(row.locator("[data-slot=residual] [data-band=medium]")).to_be_visible()
    expect(page.locator("[data-wanted=fire] [data-covered]")).to_be_visible()
    expect(page.locator("#risk-diff [data-same]")).to_have_text("4 rows unchanged")
    row.locator("[data-name=residual] [data-name=l] input:visible").fill("5")
    expect(row.locator("[data-warning=raised]")).to_be_visible()
    row.locator("[data-name=step] input").fill("Prepare VP-14")
    diff = page.locator("#risk-diff")
    expect(diff.locator("del", has_text="Clear and prepare the place")).to_be_visible()
    expect(diff.locator("ins", has_text="Prepare VP-14")).to_be_visible()
    expect(diff.locator("[data-same]")).to_have_text("3 rows unchanged")


def test_an_earlier_job_fills_the_form_for_the_tickets_of_its_type(page: Page, demo: hand.Demo) -> None:
    page.goto(f"{hand.form_address(demo, 'record_risk_assessment', step=1)}&from={demo.ids['0001']}")
    expect(page.locator("#risk-diff h2")).to_contain_text("-0001")
    assert page.locator("[data-name=rows] > [data-rows] > [data-row]").count() > 0
