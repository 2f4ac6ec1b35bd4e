"""A job from its first page to its last, by people at the pages: nobody calls the API for them, nobody acts as another.

The story is the demo's short day (deploy/demo/short.toml), planned for today and therefore urgent: the site's clock is
left alone. Played twice: with pointers, in two languages and on three sizes of screen; and with the keyboard alone.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from services.desk import scenario
from services.desk.scenario import SETTLE_ALARMS, Names, Scenario, Step
from tests.browser import hand
from tests.browser.form_hand import FormHand, Hand, Keyboard, Pointer

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ZONE = "Asia/Shanghai"
JOB, TICKET = "job:paint", "ticket:general"
HOURS = timedelta(hours=3)
Device = tuple[str, ViewportSize]
#: Lead and worker read Chinese, the lead on a tablet, the worker on a handheld; the others English at a desktop.
DEVICES: Mapping[str, Device] = {"wang.jianye": ("zh-CN", hand.TABLET), "huang.lei": ("zh-CN", hand.HANDHELD)}
AT_A_DESK: Device = ("en", hand.DESKTOP)
#: Acts that are signed on a page of their own, not on a form.
OWN_PAGE = {"issue": "/approve"}
#: Why the work is booked for the same day.
URGENT_WHY = {"lang": "en", "text": "The rail is loose."}


def story(now: datetime) -> Scenario:
    """The short day, planned from now on: an urgent booking, which an approver agrees to."""
    read = scenario.read("short")
    begins, ends = (f"{one:%Y-%m-%dT%H:%M}" for one in (now, now + HOURS))
    steps: list[Step] = []
    for step in read.steps:
        steps.append(dataclasses.replace(step, payload=_as_asked(step, begins, ends)))
        if step.does == "book_work":
            steps.append(Step(step.number, "sun.lihua", "approve_urgent_booking", {}, on=step.on))
    return dataclasses.replace(read, steps=tuple(steps))


def _as_asked(step: Step, begins: str, ends: str) -> Mapping[str, Any]:
    """What the page asks for: today's times, and its own choices (a painter is no trade there, a role owns nothing)."""
    given = step.payload
    if step.does == "add_ticket":
        return {**given, "planned_from": begins, "planned_to": ends}
    if step.does == "book_work":
        return {"planned_day": begins[:10], "urgent": True, "reason": URGENT_WHY}
    if step.does == "assign_crew":
        return {"crew": [{**one, "trade": "fitter"} for one in given["crew"]]}
    if step.does == "record_risk_assessment":
        return {
            **given,
            "rows": [{**row, "controls": [_owned(one) for one in row["controls"]]} for row in given["rows"]],
        }
    return given


def _owned(control: Mapping[str, Any]) -> dict[str, Any]:
    return {**control, "owner": "person:wang.jianye"}


class Crew:
    """Everybody of the story at a device of their own, signed in."""

    def __init__(self, browser: Browser, demo: hand.Demo, hands: type[Pointer] | type[Keyboard], people: Iterator[str]):
        self.demo, self.hands = demo, hands
        self.contexts: dict[str, BrowserContext] = {}
        self.pages: dict[str, Page] = {}
        self.person_ids: dict[str, str] = {}
        for user in people:
            self._at_work(browser, user)

    def _at_work(self, browser: Browser, user: str) -> None:
        lang, size = DEVICES.get(user, AT_A_DESK)
        context = self.contexts[user] = hand.context(browser, self.demo, lang=lang, size=size)
        page = self.pages[user] = context.new_page()
        hand.sign_in(page, self.demo, user)
        self.person_ids[user] = page.evaluate("document.body.dataset.person")

    def close(self) -> None:
        for context in self.contexts.values():
            context.close()


@contextlib.contextmanager
def crew(browser: Browser, demo: hand.Demo, hands: type[Pointer] | type[Keyboard]) -> Iterator[Crew]:
    read = scenario.read("short")
    made = Crew(browser, demo, hands, iter(read.people))
    try:
        yield made
    finally:
        made.close()


class Played:
    """The story, page by page."""

    def __init__(self, crew: Crew, demo: hand.Demo) -> None:
        self.crew, self.demo = crew, demo
        now = crew.pages["sun.lihua"].evaluate("document.body.dataset.now")
        local = datetime.fromisoformat(now.replace("Z", "+00:00")).astimezone(ZoneInfo(ZONE))
        self.story = story(local)
        self.names = Names(demo.site, ZONE, crew.person_ids, self.story)
        self.job = ""

    def play(self) -> None:
        for step in self.story.steps:
            if step.does == SETTLE_ALARMS:
                self._settle(step)
                continue
            payload = dict(self.names.body(step)["payload"])
            if step.position:
                where = {"latitude": float(step.position["lat"]), "longitude": float(step.position["lon"])}
                self.crew.contexts[step.who].grant_permissions(["geolocation"])
                self.crew.contexts[step.who].set_geolocation({**where, "accuracy": 6})
            self._do(step, payload)

    def _do(self, step: Step, payload: Mapping[str, Any]) -> None:
        page = self.crew.pages[step.who]
        one = self.crew.hands(page)
        self._open(step, one)
        form = FormHand(one, ZONE)
        form.fill(payload)
        if step.does == scenario.ACKNOWLEDGE:
            one.read()
        self._prove(step, page, one)
        form.send()
        if step.refused:
            self._refused(step, page)
            return
        page.wait_for_url(f"**done={step.does}**")
        expect(page.locator("[data-focus]")).to_be_focused()
        self._learn(step, page)

    def _open(self, step: Step, one: Hand) -> None:
        """From the job's page, by its link to the form; the first form from the board."""
        page = one.page
        if not self.job:
            page.goto(f"/sites/{self.demo.site}/more")
        else:
            ticket = self.names.permit_id(step.on)
            page.goto(f"/sites/{self.demo.site}/jobs/{self.job}" + (f"?permit={ticket}" if ticket else ""))
        place = OWN_PAGE.get(step.does, f"/forms/{step.does}")
        link = page.query_selector(f"main a[href*='{place}?'], main a[href$='{place}'], main a[href*='{place}/']")
        assert link is not None, f"no way from {page.url} to {step.does}"
        if not link.is_visible():
            folded = page.query_selector(f"main details:has(a[href*='{place}']) > summary")
            assert folded is not None
            one.press(folded)
        with page.expect_navigation():
            one.press(link)

    def _prove(self, step: Step, page: Page, one: Hand) -> None:
        """On site by the device's position, and again who one is by the password, where the form asks for them."""
        if step.position and (place := page.query_selector("[data-position]")) is not None:
            one.press(place)
            expect(page.locator("[data-position-said]")).to_contain_text("6")
        if (word := page.query_selector("[data-password]")) is not None:
            one.write(word, self.demo.password)

    def _refused(self, step: Step, page: Page) -> None:
        """Every reason at once, and the focus on what was refused."""
        expect(page.locator("#answer h2")).to_be_focused()
        for code in step.refused:
            expect(page.locator("#answer .rule", has_text=code).first).to_be_visible()

    def _learn(self, step: Step, page: Page) -> None:
        """The ids that the pages gave to the job and its ticket."""
        if step.does == "create_job":
            self.job = self.names.ids[JOB] = page.url.partition("/jobs/")[2].partition("?")[0]
        if step.does == "add_ticket":
            found = page.request.get(f"/api/jobs/{self.job}").json()
            self.names.ids[TICKET] = found["permits"][0]["permit_id"]

    def _settle(self, step: Step) -> None:
        """Each open alarm of the job is acknowledged and closed, from the board."""
        page = self.crew.pages[step.who]
        for alarm in page.request.get(f"/api/jobs/{self.job}").json()["alarms"]:
            for type_, payload in (("acknowledge_alarm", {}), ("close_alarm", dict(step.payload))):
                page.goto(f"/sites/{self.demo.site}/forms/{type_}?alarm_id={alarm['alarm_id']}")
                form = FormHand(self.crew.hands(page), ZONE)
                form.fill(payload)
                form.send()
                page.wait_for_url(f"**done={type_}**")


def closed(crew: Crew, played: Played) -> str:
    found: str = crew.pages["lin.yun"].request.get(f"/api/jobs/{played.job}").json()["job"]["state"]
    return found


@pytest.mark.parametrize("hands", [Pointer, Keyboard])
def test_a_whole_job_is_done_at_the_pages(
    browser: Browser, demo: hand.Demo, hands: type[Pointer] | type[Keyboard]
) -> None:
    with crew(browser, demo, hands) as people:
        played = Played(people, demo)
        played.play()
        assert closed(people, played) == "closed"
