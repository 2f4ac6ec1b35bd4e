"""Fills in a command's form in a browser from what would be its payload, by pointer or with the keyboard alone.

A form is read as its script reads it: by `data-name` and `data-kind` (form.js). What the form does not show, because
another answer rules it out or it is filled in already, is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from playwright.sync_api import ElementHandle, Page

TABS_MAX = 400
PRESSES_MAX = 60
#: To read a page to its end: so many screens, and a moment on each.
SCREENS, SCREEN_PX, MOMENT_MS = 6, 500, 60
#: The nearest fields inside an element, not those of fields inside it: as `fields` of form.js.
FIELD = """(root, name) => {
  const fields = (one) => [...one.children].flatMap((child) => child.tagName === 'TEMPLATE' ? []
    : child.dataset.kind !== undefined && child.dataset.name !== undefined ? [child] : fields(child));
  return fields(root).find((one) => one.dataset.name === name) || null;
}"""
#: What a person who can't use a pointer sees of the focus, whether it goes on in the order of reading, and whether it
#: is where it was to go: on `wanted`, or (of a group) on any answer of its name.
FOCUSED = """([wanted, group]) => {
  const one = document.activeElement;
  const there = one === wanted || (group && one.name === wanted.name);
  const style = getComputedStyle(one), box = one.getBoundingClientRect();
  const label = one.matches('[type=radio], [type=checkbox]') ? one.closest('label') : null;
  const ring = (each) => each && getComputedStyle(each).outlineStyle !== 'none'
    && parseFloat(getComputedStyle(each).outlineWidth) >= 2;
  return { seen: ring(one) || ring(label), shown: box.width > 0 && style.visibility !== 'hidden',
    inside: !label || label.offsetHeight > 0, order: one.tabIndex, there, at: one.outerHTML.slice(0, 160) };
}"""


class Hand(Protocol):
    """What a person does to one element."""

    page: Page

    def press(self, element: ElementHandle) -> None:
        """A button or a link."""

    def write(self, element: ElementHandle, text: str) -> None:
        """Into a field of text; a moment is `2026-10-20T08:00`, a day `2026-10-20`."""

    def choose(self, element: ElementHandle, value: str) -> None:
        """From a list."""

    def tick(self, element: ElementHandle) -> None:
        """A box or one of several answers."""

    def read(self) -> None:
        """To the end of the page, so that all of it was on the screen."""


class Pointer:
    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, element: ElementHandle) -> None:
        element.click()

    def write(self, element: ElementHandle, text: str) -> None:
        element.fill(text)

    def choose(self, element: ElementHandle, value: str) -> None:
        element.select_option(value)

    def tick(self, element: ElementHandle) -> None:
        element.evaluate_handle("one => one.closest('label') || one").as_element().click()  # type: ignore[union-attr]

    def read(self) -> None:
        for _ in range(SCREENS):
            self.page.mouse.wheel(0, SCREEN_PX)
            self.page.wait_for_timeout(MOMENT_MS)


class Keyboard:
    """Tab, Enter, Space, arrows and letters. Fails where the focus can't be seen, or leaves the order of the page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, element: ElementHandle, *, group: bool = False) -> None:
        """Tab until it has the focus; of a group of answers, until any of them has."""
        there = bool(self.page.evaluate(FOCUSED, [element, group])["there"])
        for _ in range(TABS_MAX):
            if there:
                return
            self.page.keyboard.press("Tab")
            there = self._look(element, group)
        raise AssertionError(f"not reached by Tab: {element.evaluate('one => one.outerHTML')[:200]}")

    def _look(self, wanted: ElementHandle, group: bool) -> bool:
        found = self.page.evaluate(FOCUSED, [wanted, group])
        at = found["at"]
        if not at.startswith("<body"):  # the end of the page: the next Tab begins again
            assert found["shown"] and found["inside"], f"the focus is on something hidden: {at}"
            assert found["seen"], f"the focus can't be seen: {at}"
            assert found["order"] <= 0, f"out of the order of reading: {at}"
        return bool(found["there"])

    def press(self, element: ElementHandle) -> None:
        self.reach(element)
        self.page.keyboard.press("Enter")

    def read(self) -> None:
        for _ in range(SCREENS):
            self.page.keyboard.press("PageDown")
            self.page.wait_for_timeout(MOMENT_MS)

    def write(self, element: ElementHandle, text: str) -> None:
        self.reach(element)
        kind = element.get_attribute("type")
        if kind in ("date", "datetime-local"):
            self._write_moment(element, text)
            return
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def _write_moment(self, element: ElementHandle, text: str) -> None:
        """Part after part, as the browser's own field wants it (month first: it runs in US English)."""
        day, _, clock = text.partition("T")
        year, month, date = day.split("-")
        self.page.keyboard.type(month + date + year)
        if clock:
            hour, minute = (int(part) for part in clock.split(":")[:2])
            self.page.keyboard.press("ArrowRight")
            self.page.keyboard.type(f"{(hour - 1) % 12 + 1:02d}{minute:02d}{'PM' if hour >= 12 else 'AM'}")
        assert element.input_value() == text, (element.input_value(), text)

    def choose(self, element: ElementHandle, value: str) -> None:
        self.reach(element)
        self.page.keyboard.press("Home")
        for _ in range(PRESSES_MAX):
            if element.input_value() == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"not in the list: {value}")

    def tick(self, element: ElementHandle) -> None:
        if element.get_attribute("type") == "checkbox":
            self.reach(element)
            self.page.keyboard.press("Space")
            return
        self.reach(element, group=True)
        for _ in range(PRESSES_MAX):
            if element.evaluate("one => document.activeElement === one"):
                break
            self.page.keyboard.press("ArrowDown")
        if not element.is_checked():
            self.page.keyboard.press("Space")
        assert element.is_checked()


class FormHand:
    """Fills in and sends the form that is open."""

    def __init__(self, hand: Hand, zone: str) -> None:
        self.hand, self.zone = hand, zone

    def fill(self, payload: Mapping[str, Any]) -> None:
        form = self.hand.page.query_selector("#command")
        assert form is not None, f"no form at {self.hand.page.url}"
        self._fields(form, payload)

    def send(self) -> None:
        button = self.hand.page.query_selector("#command button[type=submit]")
        assert button is not None
        self.hand.press(button)

    def _fields(self, root: ElementHandle, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            field = root.evaluate_handle(FIELD, name).as_element()
            if field is None:
                assert value in (None, [], {}), f"no field {name} at {self.hand.page.url}"
                continue
            self._field(field, value)

    def _field(self, field: ElementHandle, value: Any) -> None:
        kind = field.get_attribute("data-kind") or ""
        own: dict[str, Callable[[ElementHandle, Any], None]] = {
            "fixed": lambda _field, _value: None, "new_id": lambda _field, _value: None, "object": self._fields,
            "rows": self._rows, "measures": self._measures, "contents": self._contents, "gas_plans": self._keyed,
            "instant": lambda one, when: self._write(one, self._local(when)),
            "text": lambda one, said: self._write(one, said["text"]),
            "flag": lambda one, yes: self._answer(one, str(yes).lower()),
        }  # fmt: skip
        if kind in own:
            own[kind](field, value)
        elif isinstance(value, list):
            self._several(field, [str(one) for one in value])
        elif field.query_selector("input[type=radio]"):
            self._answer(field, str(value))
        elif (listed := field.query_selector("select")) is not None:
            if listed.input_value() != str(value):
                self.hand.choose(listed, str(value))
        else:
            self._write(field, str(value))

    def _write(self, field: ElementHandle, text: str) -> None:
        place = field.query_selector("input, textarea")
        assert place is not None
        if place.input_value() != text:
            self.hand.write(place, text)

    def _local(self, utc: str) -> str:
        moment = datetime.fromisoformat(utc.replace("Z", "+00:00")).astimezone(ZoneInfo(self.zone))
        return moment.strftime("%Y-%m-%dT%H:%M")

    def _answer(self, field: ElementHandle, value: str) -> None:
        answer = field.query_selector(f"input[value='{value}']")
        assert answer is not None, value
        if not answer.is_checked():
            self.hand.tick(answer)

    def _several(self, field: ElementHandle, values: Sequence[str]) -> None:
        for box in field.query_selector_all("input[type=checkbox]"):
            if box.is_checked() != (box.get_attribute("value") in values):
                self.hand.tick(box)

    def _rows(self, field: ElementHandle, rows: Sequence[Mapping[str, Any]]) -> None:
        for number, row in enumerate(rows):
            there = field.query_selector_all(":scope > [data-rows] > [data-row]")
            if number >= len(there):
                add = field.query_selector_all("[data-rows] > p > [data-add]")[-1]
                self.hand.press(add)
                there = field.query_selector_all(":scope > [data-rows] > [data-row]")
            self._fields(there[number], row)

    def _measures(self, field: ElementHandle, lines: Sequence[Mapping[str, str]]) -> None:
        for line in lines:
            answer = field.query_selector(f"[data-line='{line['line']}'] input[value='{line['answer']}']")
            assert answer is not None, line
            self.hand.tick(answer)

    def _contents(self, field: ElementHandle, topics: Mapping[str, Sequence[Mapping[str, str]]]) -> None:
        """A briefing has a row for each usual topic: those with words are sent."""
        for lang, rows in topics.items():
            there = field.query_selector_all(f"[data-key='{lang}'] [data-row]")
            by_topic = {row.query_selector("select").input_value(): row for row in there}  # type: ignore[union-attr]
            for one in rows:
                self._fields(by_topic[one["topic"]], {"text": one["text"]})

    def _keyed(self, field: ElementHandle, plans: Mapping[str, Mapping[str, Any]]) -> None:
        for key, plan in plans.items():
            item = field.query_selector(f"[data-key='{key}']")
            assert item is not None, key
            self._fields(item, plan)
