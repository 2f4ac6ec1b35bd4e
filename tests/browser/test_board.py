"""The board as it is drawn: what stays whole in a card, and the plot plan under the areas."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hand

pytestmark = pytest.mark.browser
#: Of each card: the lines of its number, and whether all of it is inside the card.
NUMBERS = """() => [...document.querySelectorAll('.pc')].map((card) => {
  const number = card.querySelector('.h').lastElementChild, box = card.getBoundingClientRect();
  const tops = new Set([...number.querySelectorAll('.nb')].map((half) => half.getBoundingClientRect().top));
  return [tops.size, [...number.querySelectorAll('.nb')].every((half) => half.getClientRects().length === 1
    && half.getBoundingClientRect().right <= box.right)];
})"""


@pytest.mark.parametrize(("width", "lines_max"), [(360, 1), (721, 2), (1024, 2), (1280, 1)])
def test_a_permit_number_stands_on_one_line_where_there_is_room_and_never_breaks_inside_its_parts(
    page: Page, demo: hand.Demo, width: int, lines_max: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/sites/{demo.site}/board")
    found = page.evaluate(NUMBERS)
    assert len(found) > 1
    assert all(lines <= lines_max and whole for lines, whole in found), found


def test_the_demos_plot_plan_lies_under_its_areas(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/board")
    picture = page.locator(".map.pictured image")
    assert page.request.get(str(picture.get_attribute("href"))).headers["content-type"] == "image/png"
    lies, farm = picture.bounding_box(), page.locator(".map .disc").nth(1).bounding_box()
    assert lies is not None and farm is not None
    assert lies["x"] < farm["x"] and farm["x"] + farm["width"] < lies["x"] + lies["width"]
    expect(page.locator(".map .unplaced")).to_have_count(0)
