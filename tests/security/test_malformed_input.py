"""Whatever is sent, the answer has a name: never a 5xx."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from schemas import limits, words
from services.seven_steps.commands import COMMANDS
from tests.contract.examples import PAYLOADS, command
from tests.contract.test_plain_json import REFUSED
from tests.support.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")

JSON = {"Content-Type": "application/json"}
SEED = 20261122
STRANGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**53 - 1,
    "",
    "\u202e",
    "\U0001f9ef" * 70,
    [],
    [[]],
    {},
    {"": {}},
    ["a"],
)
STRANGE += ("x" * 5000, "../../etc/passwd", "'; DROP TABLE outcomes; --", "{{7*7}}", "<script>", "%00", "0x10", "NaN")


@pytest.mark.parametrize("raw", [raw for raw, _ in REFUSED], ids=[repr(raw[:24]) for raw, _ in REFUSED])
async def test_bytes_outside_the_subset_are_malformed(stack: Stack, raw: bytes) -> None:
    client = await stack.signed_in("work_lead")
    for path in ("/api/commands", "/api/act-as"):
        answer = await client.request("POST", path, data=raw, headers=JSON)
        assert (answer.status, answer.body["error"]) in ((422, "malformed"), (413, "too_large"))


async def test_another_media_type_is_told(stack: Stack) -> None:
    client = await stack.signed_in("work_lead")
    answer = await client.request("POST", "/api/commands", data=b"{}", headers={"Content-Type": "text/plain"})
    assert (answer.status, answer.body["need"]) == (415, ["application/json"])


async def test_a_body_may_have_its_limit_and_not_one_byte_more(stack: Stack) -> None:
    client = await stack.signed_in("work_lead")
    for size, status in ((limits.COMMAND_BYTES_MAX, 422), (limits.COMMAND_BYTES_MAX + 1, 413)):
        raw = b"{}" + b" " * (size - 2)
        answer = await client.request("POST", "/api/commands", data=raw, headers=JSON)
        assert answer.status == status


async def test_a_document_may_have_its_limit_and_not_one_byte_more(stack: Stack) -> None:
    client = await stack.signed_in("work_lead")
    pdf = b"%PDF-1.7\n"
    for size, status in ((limits.DOCUMENT_BYTES_MAX, 201), (limits.DOCUMENT_BYTES_MAX + 1, 413)):
        answer = await client.request("POST", "/api/documents", data=pdf + b"0" * (size - len(pdf)))
        assert answer.status == status
    assert (await client.request("POST", "/api/documents", data=b"")).status == 422
    assert (await client.request("POST", "/api/documents", data=b"\x00\x01\x02 no known type")).status == 415


def mutated(rng: random.Random) -> dict[str, Any]:
    """A good command with a few strange values, missing parts and additions."""
    body = command(rng.choice(sorted(PAYLOADS)))
    for _ in range(rng.randint(1, 3)):
        at: Any = body
        for _ in range(rng.randint(0, 4)):
            inner = list(at.values()) if isinstance(at, dict) else at
            deeper = [value for value in inner if isinstance(value, (dict, list)) and value]
            if not deeper:
                break
            at = rng.choice(deeper)
        key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
        if rng.random() < 0.2 and isinstance(at, dict):
            del at[key]
        else:
            at[key] = copy.deepcopy(rng.choice(STRANGE))
    return body


def who_may(type_: str) -> str:
    """A role that gets as far as the schema."""
    held = sorted(COMMANDS[type_].roles & set(words.ROLES)) if type_ in COMMANDS else []
    return held[0] if held else "hse"


async def test_a_thousand_mutated_commands_are_all_answered_by_name(stack: Stack) -> None:
    rng = random.Random(SEED)
    met: dict[int, int] = {}
    for number in range(1000):
        body = mutated(rng)
        # a body that happens to fit is refused for its job or limited: neither is the matter of this test
        client = await stack.signed_in(who_may(body["type"]) if isinstance(body.get("type"), str) else "hse")
        answer = await client.post("/api/commands", body)
        met[answer.status] = met.get(answer.status, 0) + 1
        assert answer.status in (200, 202, 403, 409, 422, 429), (number, json.dumps(body)[:500], answer.body)
        assert "error" in answer.body or answer.status in (200, 202)
    assert met[422] > 300


@pytest.mark.parametrize(
    "path",
    [
        "/api/commands/%00",
        "/api/commands/" + "a" * 3000,
        "/api/jobs/%00",
        "/api/jobs/x",
        "/api/sites/%2e%2e/board",
        "/api/permits/%F0%9F%A7%AF",
        "/api/permits/%00",
        "/api/permits/x/trail?after=-1",
        "/api/permits/x/permit.pdf?kind=x",
        "/api/documents/..%2f..%2faccounts.db",
        "/api/documents/%00",
        "/api/presence-code",
        "/api/presence-code?permit_id=%00",
        "/api/search?day=yesterday",
        "/api/search?limit=1e3",
        "/api/search?limit=0",
        "/api/search?limit=%D9%A1",
        "/api/search?q=%00",
        "/api/search?q=%25_%5c'",
        "/api/search?q=" + "a" * 500,
        "/api/search?site_id=elsewhere",
        "/api/sites/demo/board?state=%00",
        "/api/%ff",
        "//api/me",
    ],
)
async def test_strange_addresses_are_answered_by_name(stack: Stack, path: str) -> None:
    client = await stack.signed_in("guardian")
    answer = await client.get(path)
    assert answer.status in (200, 400, 404, 422), answer.body
