"""Signing in a real browser: a key on this device under a PIN, and a passkey; the log alone proves both."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import hand
from tests.browser.test_offline import trail

pytestmark = pytest.mark.browser
PIN, WRONG = "271828", "000000"


@pytest.fixture
def handheld(browser: Browser, demo: hand.Demo) -> Iterator[Page]:
    with hand.context(browser, demo, size=hand.HANDHELD) as context:
        page = context.new_page()
        hand.sign_in(page, demo)
        yield page


def keys_page(page: Page, demo: hand.Demo) -> None:
    page.goto(f"/sites/{demo.site}/keys")
    page.fill("#keys-device", "handheld 7")
    page.fill("#keys-password", demo.password)


def enrol(page: Page, demo: hand.Demo) -> None:
    keys_page(page, demo)
    page.fill("#keys-pin", PIN)
    page.fill("#keys-pin-again", PIN)
    page.click("#keys-enrol button[type=submit]")
    page.wait_for_url("**done=register_key**")


def concern(page: Page, demo: hand.Demo, words: str, pin: str = "") -> None:
    page.goto(hand.form_address(demo, "record_concern", step=5))
    page.fill("#command textarea", words)
    if pin:
        page.fill("#p-pin", pin)
    page.click("#command button[type=submit]")


def signature_of(page: Page, demo: hand.Demo, words: str) -> dict[str, Any]:
    found = [one for one in trail(page, demo) if one["body"]["client"]["payload"].get("what", {}).get("text") == words]
    signature: dict[str, Any] = found[-1]["body"]["gateway"]["signature"]
    return signature


def test_a_record_is_signed_by_the_key_on_this_device_and_its_pin_is_asked_once(
    handheld: Page, demo: hand.Demo
) -> None:
    enrol(handheld, demo)
    expect(handheld.locator("[data-key-id] [data-here]")).to_be_visible()
    concern(handheld, demo, "signed with the key", PIN)
    handheld.wait_for_url("**done=record_concern**")
    assert signature_of(handheld, demo, "signed with the key")["means"] == "device_key"
    handheld.goto(hand.form_address(demo, "record_concern", step=5))
    expect(handheld.locator("#p-pin")).to_be_hidden()
    expect(handheld.locator("[data-signs-with]")).to_contain_text("key on this device")


def test_a_wrong_pin_sends_nothing_and_five_of_them_take_the_key_off_the_device(
    handheld: Page, demo: hand.Demo
) -> None:
    enrol(handheld, demo)
    for _ in range(4):
        concern(handheld, demo, "never sent", WRONG)
        expect(handheld.locator("#p-pin-f")).to_contain_text("PIN is wrong")
    concern(handheld, demo, "never sent", WRONG)
    expect(handheld.locator("[data-signs]")).to_contain_text("no longer on this device")
    assert not [one for one in trail(handheld, demo) if "never sent" in str(one["body"]["client"]["payload"])]


def test_an_act_is_signed_with_a_passkey_over_the_same_bytes(handheld: Page, demo: hand.Demo) -> None:
    cdp = handheld.context.new_cdp_session(handheld)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    verified = {"isUserVerified": True, "automaticPresenceSimulation": True}
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options | verified})
    keys_page(handheld, demo)
    handheld.click("#keys-passkey")
    handheld.wait_for_url("**done=register_key**")
    handheld.goto(hand.form_address(demo, "clear_stop", step=5))
    expect(handheld.locator("[data-signs-with]")).to_contain_text("passkey")
    handheld.fill("#command textarea", "nothing was stopped")
    with handheld.expect_response("**/api/commands") as told:
        handheld.click("#command button[type=submit]")
    sent = told.value.request.post_data_json
    assert sent["signature"]["means"] == "passkey"
    assert told.value.status == 409  # there is nothing to clear: the signature held, and the refusal is recorded
    record = trail(handheld, demo)[-1]["body"]
    assert record["client"]["command_id"] == sent["command_id"]
    assert record["gateway"]["signature"] == sent["signature"]
