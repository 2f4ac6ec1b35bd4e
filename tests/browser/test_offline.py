"""A handheld without a network, in a real browser: kept, sent once, under its author's name, whatever is killed."""

from __future__ import annotations

import collections
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Route, expect

from tests.browser import hand

pytestmark = pytest.mark.browser
RECORDS_A_ROUND, ROUNDS = 10, 10  # 100 acknowledgements in all, and a browser killed after each round
REPLIES_LOST = 0.5
SEED = 20261128
#: The crew of the job in execution, and its lead: whoever may acknowledge its briefing.
AUTHORS = (hand.WORKER, hand.SUPERVISOR)


@contextmanager
def handheld(browser: Browser, demo: hand.Demo, profile: Path) -> Iterator[BrowserContext]:
    """A browser that keeps its data: opened again it is the same handheld."""
    context = browser.browser_type.launch_persistent_context(
        str(profile), executable_path=hand.CHROMIUM, args=list(hand.FLAGS), viewport=hand.HANDHELD,
        base_url=demo.url, reduced_motion="reduce",
    )  # fmt: skip
    try:
        yield context
    finally:
        try:
            context.close()
        except Error:
            pass  # it was killed


def at_work(context: BrowserContext, demo: hand.Demo, user: str = hand.SUPERVISOR) -> Page:
    """Signed in (whoever was before is signed out), and everything needed at the place is on the device."""
    page = context.pages[0] if context.pages else context.new_page()
    context.clear_cookies()
    context.add_cookies([{"name": "lang", "value": "en", "url": demo.url}])
    hand.sign_in(page, demo, user)
    page.goto(f"/sites/{demo.site}/today")
    until(page, "() => navigator.serviceWorker.controller !== null")
    until(page, "() => caches.open('pages').then((one) => one.keys()).then((keys) => keys.length > 3)")
    return page


def until(page: Page, holds: str) -> None:
    """Our pages forbid `eval`, which Playwright's own waiting for a function needs."""
    for _ in range(600):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"never: {holds}")


def kept(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = page.evaluate("""() => new Promise((done, failed) => {
        const asked = indexedDB.open("sevengates");
        asked.onerror = () => failed(asked.error);
        asked.onsuccess = () => {
            const all = asked.result.transaction("outbox").objectStore("outbox").getAll();
            all.onsuccess = () => { asked.result.close(); done(all.result); };
        };
    })""")
    return found


def module(page: Page, name: str) -> str:
    """The address of a script of ours as the page knows it, with its hash."""
    return str(
        page.evaluate(
            "(name) => fetch('/sw.js').then((one) => one.text()).then((text) => "
            "text.match(new RegExp('/static/' + name + '[^\"]*'))[0])",
            name,
        )
    )


def concern(page: Page, demo: hand.Demo, words: str) -> None:
    page.goto(hand.form_address(demo, "record_concern", step=5))
    page.fill("#command textarea", words)
    page.click("#command button[type=submit]")


def trail(page: Page, demo: hand.Demo) -> list[dict[str, Any]]:
    """Every record about the ticket in execution."""
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["site_seq"] if found else 0
        batch = page.request.get(f"/api/permits/{demo.ids['no 0007']}/trail?after={after}&limit=200").json()["records"]
        found += batch
        if len(batch) < 200:
            return found


def test_a_record_made_without_a_network_waits_and_goes_out_when_it_is_back(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "one") as context:
        page = at_work(context, demo)
        page.goto(hand.form_address(demo, "record_concern", step=5))
        page.wait_for_load_state("load")
        context.set_offline(True)
        page.fill("#command textarea", "smell of gas at the pump")
        page.click("#command button[type=submit]")
        page.wait_for_url("**/outbox*")
        expect(page.locator("#outbox li")).to_have_count(1)
        expect(page.locator("#outbox")).to_contain_text("waiting to send")
        expect(page.locator("[data-unsent]:visible [data-count]")).to_have_text("1")
        page.goto(f"/sites/{demo.site}/today")
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("[data-unsent]:visible")).to_contain_text("Waiting to send")
        context.set_offline(False)
        expect(page.locator("[data-unsent]:visible")).to_contain_text("All sent")
        assert kept(page) == []


def test_an_act_without_a_network_is_disabled_and_says_why(browser: Browser, demo: hand.Demo, tmp_path: Path) -> None:
    with handheld(browser, demo, tmp_path / "act") as context:
        page = at_work(context, demo)
        page.goto(hand.form_address(demo, "resume", step=5))
        page.wait_for_load_state("load")
        context.set_offline(True)
        expect(page.locator("#command button[type=submit]")).to_be_disabled()
        expect(page.locator("#why-not-offline")).to_be_visible()
        page.reload()
        expect(page.locator("#offline")).to_be_visible()
        expect(page.locator("#command button[type=submit]")).to_be_disabled()


#: Answers to "are you there?" are held back until the test lets them go.
HELD_ANSWERS = """
const ask = window.fetch;
window.held = [];
window.fetch = async (...about) => {
  const answer = await ask(...about);
  if (String(about[0]).endsWith("/healthz")) await new Promise((done) => window.held.push(done));
  return answer;
};
"""


def test_a_yes_that_was_on_its_way_when_the_network_went_does_not_say_it_is_there(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "late") as context:
        page = at_work(context, demo)
        page.add_init_script(HELD_ANSWERS)
        page.goto(hand.form_address(demo, "resume", step=5))
        until(page, "() => window.held.length > 0")
        context.set_offline(True)
        expect(page.locator("#offline")).to_be_visible()
        page.evaluate(
            "() => { for (const go of window.held) go(); return new Promise((done) => setTimeout(done, 0)); }"
        )
        assert page.locator("#command button[type=submit]").is_disabled()
        assert page.locator("#offline").is_visible()


def test_a_record_waits_for_its_author_while_another_person_is_signed_in(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "shared") as context:
        page = at_work(context, demo, hand.WORKER)
        author = page.evaluate("document.body.dataset.person")
        page.route("**/api/commands", lambda route: route.abort())
        concern(page, demo, "left guard rail is loose")
        page.wait_for_url("**/outbox*")
        page.close()  # it would send as soon as it could, while its author is still signed in
        other = at_work(context, demo, hand.SUPERVISOR)
        other.goto(f"/sites/{demo.site}/outbox")
        expect(other.locator("#outbox")).to_contain_text("Made by another person")
        page_sends = "async (at) => (await import(at)).sendAll()"
        other.evaluate(page_sends, module(other, "outbox.js"))
        assert [one["author"] for one in kept(other)] == [author]
        again = at_work(context, demo, hand.WORKER)
        expect(again.locator("[data-unsent]:visible")).to_contain_text("All sent")
        assert kept(again) == []


def test_a_device_without_room_says_so_and_loses_nothing(browser: Browser, demo: hand.Demo, tmp_path: Path) -> None:
    with handheld(browser, demo, tmp_path / "full") as context:
        page = at_work(context, demo)
        page.add_init_script(
            "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"
        )
        concern(page, demo, "no room for this")
        expect(page.locator("#answer")).to_contain_text("no room left")
        assert page.input_value("#command textarea") == "no room for this"


def refused(page: Page, demo: hand.Demo) -> None:
    why = {"code": "wrong_state", "what": "wrong_state", "about": "HX-HW-1", "have": "void", "need": "active"}
    said = {"error": "refused", "refusals": [why]}
    page.route("**/api/commands", lambda route: route.fulfill(status=409, json=said))
    concern(page, demo, "refused on purpose")
    page.wait_for_selector("#answer [tabindex]")


def test_a_refusal_that_nobody_dismissed_stands_in_the_outbox_in_words(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "refused") as context:
        page = at_work(context, demo)
        refused(page, demo)
        page.goto(f"/sites/{demo.site}/outbox")
        expect(page.locator("#outbox")).to_contain_text("HX-HW-1 now")
        page.click("#outbox button")
        expect(page.locator("#outbox-none")).to_be_visible()


def test_a_refusal_dismissed_or_mended_on_its_form_is_not_in_the_outbox(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "dismissed") as context:
        page = at_work(context, demo)
        refused(page, demo)
        expect(page.locator("[data-unsent]:visible [data-count]")).to_have_text("1")
        page.click("#answer button")
        expect(page.locator("[data-unsent]:visible")).to_contain_text("All sent")
        assert kept(page) == []
        refused(page, demo)
        page.unroute("**/api/commands")
        page.click("#command button[type=submit]")
        page.wait_for_url("**done=record_concern**")
        assert kept(page) == []


def test_a_new_release_waits_while_a_form_is_being_filled_in(browser: Browser, demo: hand.Demo, tmp_path: Path) -> None:
    with handheld(browser, demo, tmp_path / "release") as context:
        page = at_work(context, demo)
        page.goto(hand.form_address(demo, "record_concern", step=5))
        page.fill("#command textarea", "half a sentence")
        page.evaluate("navigator.serviceWorker.register('/sw.js?next')")  # another script: for the browser, a release
        until(page, "() => navigator.serviceWorker.getRegistration().then((one) => one.waiting !== null)")
        assert page.input_value("#command textarea") == "half a sentence"
        page.click("#command button[type=submit]")
        page.wait_for_url("**done=record_concern**")


def test_stop_without_a_network_says_not_sent_and_reaches_the_plant_later(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "stop") as context:
        page = at_work(context, demo)
        page.goto(f"/sites/{demo.site}/stop")
        page.wait_for_timeout(700)
        context.set_offline(True)
        page.check("input[name=work][value='']")  # other work of the site: the demo's own jobs go on
        page.click("#stop-now")
        expect(page.locator("#stop-state")).to_contain_text("NOT SENT")
        assert [one["client"]["type"] for one in kept(page)] == ["stop_work"]
        context.set_offline(False)
        page.goto(f"/sites/{demo.site}/today")
        expect(page.locator("[data-unsent]:visible")).to_contain_text("All sent")


MAKE = """async ([outbox, send, demo, briefing, count]) => {
  const { keepRecord, sendAll } = await import(outbox);
  const { clientPart } = await import(send);
  const made = [];
  for (let n = 0; n < count; n += 1) {
    const client = clientPart({ type: "acknowledge_briefing", version: 1, siteId: demo.site, jobId: demo.job,
      permitId: "", expected: null, payload: briefing, lang: "en" });
    await keepRecord(client, { title: "test", subject: "" });
    made.push(client.command_id);
  }
  sendAll();
  return made;
}"""


@pytest.mark.slow
def test_a_hundred_acknowledgements_with_lost_replies_and_killed_browsers_arrive_once_each(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    dice = random.Random(SEED)
    profile = tmp_path / "hundred"
    made: dict[str, str] = {}  # command id -> its author
    for number in range(ROUNDS):
        user = AUTHORS[number % len(AUTHORS)]
        with handheld(browser, demo, profile) as context:
            page = at_work(context, demo, user)
            page.route("**/api/commands", lambda route: _lossy(route, dice))
            made |= dict.fromkeys(_acknowledge(page, demo), page.evaluate("document.body.dataset.person"))
            page.wait_for_timeout(dice.randint(50, 1500))
            subprocess.run(["pkill", "-9", "-f", str(profile)], check=False)
    for user in AUTHORS:
        with handheld(browser, demo, profile) as context:
            page = at_work(context, demo, user)
            expect(page.locator("[data-unsent]:visible")).to_contain_text("All sent", timeout=60_000)
            left, records = kept(page), trail(page, demo)
    assert left == []
    arrived = collections.Counter(one["body"]["client"]["command_id"] for one in records)
    assert len(made) == RECORDS_A_ROUND * ROUNDS
    assert {command_id: arrived[command_id] for command_id in made} == dict.fromkeys(made, 1)
    actors = {one["body"]["client"]["command_id"]: one["body"]["client"]["actor"] for one in records}
    assert {command_id: actors[command_id] for command_id in made} == made


def _acknowledge(page: Page, demo: hand.Demo) -> list[str]:
    job = page.request.get(f"/api/jobs/{demo.ids['0006']}").json()["job"]
    said = {"version": job["briefing"]["version"], "content_sha256": job["briefing"]["content_sha256"], "lang": "en"}
    about = {"site": demo.site, "job": demo.ids["0006"]}
    modules = [module(page, "outbox.js"), module(page, "send.js")]
    found: list[str] = page.evaluate(MAKE, [*modules, about, said, RECORDS_A_ROUND])
    return found


def _lossy(route: Route, dice: random.Random) -> None:
    """The command arrives; every other answer does not."""
    try:
        answer = route.fetch()
        if dice.random() < REPLIES_LOST:
            route.abort()
        else:
            route.fulfill(response=answer)
    except Error:
        pass  # the browser was killed meanwhile
