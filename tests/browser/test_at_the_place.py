"""At the place of work: a photo without a network goes with its record, and a unit that may be the other is asked."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from services.documents import BrokenImage
from services.documents.photos import without_tags
from tests.browser import hand
from tests.browser.test_briefing import SEND, act_as
from tests.browser.test_offline import at_work, handheld, kept, module, trail, until
from tests.documents.test_photos import photo

pytestmark = pytest.mark.browser
#: 1 x 1 pixel, with an Exif block that says it lies on its side (6) and a comment: both are tags of a camera.
EXIF = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
PIXEL = base64.b64decode(
    "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8Q"
    "EBEQCgwSExIQEw8QEBD/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAI"
    "AQEAAD8AVN//2Q=="
)
PHOTO = PIXEL[:2] + b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF + b"\xff\xfe\0\x06shot" + PIXEL[2:]
MEASURES = "confirm_measures"


def test_a_photo_made_without_a_network_goes_before_the_line_that_names_it(
    browser: Browser, demo: hand.Demo, tmp_path: Path
) -> None:
    with handheld(browser, demo, tmp_path / "one") as context:
        page = at_work(context, demo)
        page.goto(hand.form_address(demo, MEASURES, step=5))
        page.locator("[data-lines] details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
        context.set_offline(True)
        line = page.locator("[data-line]").first
        line.locator("input[value=confirmed]").check(force=True)
        line.locator("input[type=file]").set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": PHOTO})
        expect(line.locator("[data-waits]")).to_be_visible()
        sha256 = line.locator("[data-sha]").input_value()
        page.click("#command button[type=submit]")
        page.wait_for_url("**/outbox*")
        assert len(kept(page)[0]["blobs"]) == 1
        context.set_offline(False)
        until(page, "() => !document.querySelector('#outbox li')")
        answered = [one for one in trail(page, demo) if one["body"]["client"]["type"] == MEASURES]
        said = answered[-1]["body"]["client"]["payload"]["lines"]
        assert [one.get("photo_sha256") for one in said] == [sha256]
        assert page.request.get(f"/api/documents/{sha256}").status == 200


CLEAN = """async ([at, sent]) => {
  const { withoutTags } = await import(at);
  return Promise.all(sent.map(async (text) => {
    const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
    try {
      const kept = new Uint8Array(await new Blob(withoutTags(bytes)).arrayBuffer());
      return btoa(String.fromCharCode(...kept));
    } catch (trouble) { return trouble.kind; }
  }));
}"""


def test_the_page_cleans_a_photo_of_any_kind_byte_for_byte_as_the_plant_does(page: Page) -> None:
    sent: list[tuple[str, bytes]] = []
    for kind in ("JPEG", "PNG", "WEBP"):
        upright, turned = photo(kind), photo(kind, 6)
        cut = [turned[:at] for at in range(16, len(turned), len(turned) // 20)]
        damaged = [turned[:at] + bytes([turned[at] ^ 0x55]) + turned[at + 1 :] for at in range(12, len(turned), 97)]
        sent += [(f"image/{kind.lower()}", one) for one in (upright, turned, turned + b"31.2304", *cut, *damaged)]
    cleaned = page.evaluate(CLEAN, [module(page, "photo.js"), [base64.b64encode(one).decode() for _, one in sent]])
    assert cleaned == [_by_the_plant(*one) for one in sent]


def _by_the_plant(media_type: str, sent: bytes) -> str:
    try:
        return base64.b64encode(without_tags(media_type, sent)).decode()
    except BrokenImage:
        return "broken"


#: Name and content of a file that can't be kept, and what is said of it.
NOT_KEPT = (
    ("p.heic", b"\0\0\0\x18ftypheic\0\0", "HEIC photo must be saved as JPEG"),
    ("p.jpg", PHOTO[:40], "the place where it was taken can't be removed"),
    ("p.jpg", b"", "the file is empty"),
)


@pytest.mark.parametrize("online", [True, False])
def test_a_file_that_can_not_be_kept_is_refused_with_a_word(page: Page, demo: hand.Demo, online: bool) -> None:
    page.goto(hand.form_address(demo, MEASURES, step=5))
    page.locator("[data-lines] details").evaluate_all("all => all.forEach((one) => { one.open = true; })")
    page.context.set_offline(not online)
    line = page.locator("[data-line]").first
    for name, sent, said in NOT_KEPT:
        line.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": sent})
        expect(line.locator("[data-fault]").first).to_contain_text(said)
        assert line.locator("[data-sha]").input_value() == ""


def gas_form(page: Page, demo: hand.Demo) -> None:
    act_as(page, demo, "gas tester")
    page.goto(hand.form_address(demo, "record_gas_test", step=4))
    expect(page.locator("[data-reading]:visible [data-unit]").first).not_to_be_empty()


def test_a_value_that_may_be_in_the_other_unit_is_asked_again_and_sends_nothing(page: Page, demo: hand.Demo) -> None:
    gas_form(page, demo)
    combustible = page.locator("[data-reading][data-gas-code=propane]:visible").first
    combustible.locator("[data-value]").fill("0,3")
    expect(combustible.locator("[data-ask]")).to_be_visible()
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.url.endswith("/api/commands") else None)
    page.click("#command button[type=submit]")
    expect(combustible.locator("[data-right]")).to_be_focused()
    assert sent == []
    combustible.locator("[data-wrong]").click()
    expect(combustible.locator("[data-value]")).to_have_value("")
    expect(combustible.locator("[data-unit]")).to_contain_text("%vol")
    combustible.locator("[data-value]").fill("0.31")
    expect(combustible.locator("[data-word]")).to_contain_text("Too high")


#: A service worker's requests are not seen by a route of the page.
NO_WORKER = "navigator.serviceWorker.getRegistrations().then((all) => Promise.all(all.map((one) => one.unregister())))"


def toxic(text: str) -> str:
    """The form as of a plan with a toxic gas, which the register can't tell the unit of; the demo plans none."""
    swaps = {
        '"kind": "combustible"': '"kind": "toxic"', '"lel": "2.1"': '"lel": null', '"high": "0.2"': '"high": "10"',
        '"limit_unit": "%vol"': '"limit_unit": "mg/m3"',
        '"others": ["%vol", "%LEL", "ppm"]': '"others": ["ppm", "mg/m3"]',
        '"units": {"propane": "%LEL"}': '"units": {}',
    }  # fmt: skip
    quoted = {old.replace('"', "&#34;"): new.replace('"', "&#34;") for old, new in swaps.items()}
    for old, new in quoted.items():
        assert old in text, old
        text = text.replace(old, new)
    return text.replace('data-set="%vol"', 'data-set="mg/m3"')


def test_a_unit_that_the_register_can_not_tell_is_read_off_the_instrument_before_any_number(
    page: Page, demo: hand.Demo
) -> None:
    def answered(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=toxic(answer.text()))

    act_as(page, demo, "gas tester")
    page.evaluate(NO_WORKER)
    page.route("**/forms/record_gas_test*", answered)
    page.goto(hand.form_address(demo, "record_gas_test", step=4))
    reading = page.locator("[data-reading]:visible").first
    expect(reading.locator("[data-value]")).to_be_disabled()
    expect(reading.locator("[data-shows]")).to_contain_text("does not say in which unit")
    reading.locator("[data-set=ppm]").click()
    expect(reading.locator("[data-unit]")).to_contain_text("ppm")
    reading.locator("[data-value]").fill("8")  # 14.7 mg/m3: as a number below the limit of 10, as a gas above it
    expect(reading.locator("[data-word]")).to_contain_text("Too high")
    reading.locator("[data-value]").fill("2000000")
    expect(reading.locator("[data-number-fault]")).to_have_text("From 0 to 1000000 ppm.")
    reading.locator("[data-value]").fill("eight")
    expect(reading.locator("[data-number-fault]")).to_have_text("Write a number, as 0.45.")


def test_a_conversion_stands_as_a_line_of_arithmetic_and_comma_and_point_are_the_same(
    page: Page, demo: hand.Demo
) -> None:
    gas_form(page, demo)
    combustible = page.locator("[data-reading][data-gas-code=propane]:visible").first
    sums = []
    for written in ("4.5", "4,5"):
        combustible.locator("[data-value]").fill(written)
        expect(combustible.locator("[data-word]")).to_contain_text("Passes")
        sums.append(combustible.locator("[data-sum]").inner_text())
    assert sums[0] == sums[1] and sums[0].startswith("4.5 %LEL × ") and "÷ 100 = " in sums[0]


def test_one_tap_takes_a_person_out_of_the_register(page: Page, demo: hand.Demo) -> None:
    act_as(page, demo, "guardian")
    me = page.evaluate("document.body.dataset.person")
    found = ["record_found_inside", demo.ids["0006"], {"person_id": me}, demo.ids["0007"]]
    assert page.evaluate(SEND, found)["status"] == 200
    page.goto(f"/sites/{demo.site}/permits/{demo.ids['no 0007']}")
    out = page.locator("#inside [data-quick]", has_text="Out")
    expect(out).to_have_count(1)
    out.click()
    page.wait_for_url("**done=leave**")
    expect(page.locator("#inside [data-quick]", has_text="Out")).to_have_count(0)
