"""One command, one outcome; what gets none goes to the dead letters with the reason."""

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.decider.hooks import ALLOW, ALLOWED, PAUSE, before_append
from services.decider.outcomes import encode
from services.decider.placing import place
from services.decider.wire import decode
from services.folding import EMPTY_SITE
from services.log import COMMANDS, RECORD_LIMIT, Record
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.decide import Outcome
from services.seven_steps.event import Event
from tests.decider.stage import NEIGHBOUR, SITE, Stage, area, command, opened, register_site


async def test_each_command_gets_one_outcome_in_the_order_of_the_log(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        sent = [
            command("register_site", register_site()),
            *(command("register_area", area(f"a{n}")) for n in range(50)),
        ]
        await stage.done(*sent)
        bodies = await stage.counted()
        assert [body["client"] for body in bodies] == [one["client"] for one in sent]
        assert {body["verdict"] for body in bodies} == {"accepted"}
        assert [envelope.site_seq for envelope, _ in await stage.outcomes()] == list(range(1, 52))


async def test_an_outcome_tells_what_the_auditor_asks(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        sent = command("register_area", area("a"))
        await stage.done(sent)
        body = (await stage.counted())[1]
        assert body["command_sha256"] == sha256_hex(canonical(sent["client"]))
        assert body["gateway"] == sent["gateway"]
        assert body["worker"] == "decider-0"
        assert body["rule_packs"] == ["gb30871-2022@1", "aq3064-2025@1", "site-policy@1"]
        assert [(event["type"], event["version"]) for event in body["events"]] == [("area.registered", 1)]
        assert body["captured"] is None


async def test_a_refused_command_has_its_outcome_too(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.done(command("advance_clock", {"to": "2030-01-01T00:00:00Z"}))
        body = (await stage.counted())[1]
        assert body["verdict"] == "refused"
        assert [refusal["code"] for refusal in body["refusals"]] == ["wrong_state"]


async def test_two_sites_of_one_partition_have_chains_of_their_own(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.done(
            command("register_site", register_site()),
            command("register_site", register_site(code="PB"), site=NEIGHBOUR),
            command("register_area", area("a")),
            command("register_area", area("a"), site=NEIGHBOUR),
        )
        heads = {site_id: site.head.site_seq for site_id, site in (await stage.read()).sites.items()}
        assert heads == {SITE: 2, NEIGHBOUR: 2}


# ---- duplicates ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
async def test_the_same_command_twice_has_one_outcome(tmp_path: Path, together: bool) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        sent = command("register_area", area("a"))
        if together:
            await stage.done(sent, sent)
        else:
            await stage.done(sent)
            await stage.done(sent)
        assert len(await stage.counted()) == 2
        assert stage.decider.counters.of("duplicates", "same") == 1


async def test_the_same_id_with_another_body_has_no_outcome_and_is_counted(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        first = command("register_area", area("a"))
        await stage.done(first, command("register_area", area("b"), command_id=first["client"]["command_id"]))
        assert list((await stage.read()).site(SITE).board.areas) == ["a"]
        assert stage.decider.counters.of("duplicates", "other_body") == 1


async def test_a_redelivery_after_a_restart_has_no_second_outcome(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.done(command("register_area", area("a")))
        restarted = stage.new_decider()
        await restarted.assigned({stage.decider.folds.copy().popitem()[0]})
        stage.handled = 0
        await stage.decide(restarted)
        assert len(await stage.records()) == 2


# ---- dead letters --------------------------------------------------------------------------------------------------

GOOD = command("register_area", area("a"))
ID = GOOD["client"]["command_id"]


def with_(part: str, **changes: object) -> bytes:
    return canonical({**GOOD, part: {**GOOD[part], **changes}})


UNDECODABLE = [
    (b"\xff\xfe not json", "not_json", None),
    (b"[]", "not_json", None),
    (canonical(GOOD)[:-1], "not_json", None),
    (canonical(GOOD).replace(b'"version":1', b'"version":1.0'), "not_json", None),
    (canonical({**GOOD, "record": 2}), "unknown_record", ID),
    (canonical({"record": 1, "client": GOOD["client"]}), "malformed", ID),
    (with_("client", site_id=NEIGHBOUR), "malformed", ID),
    (with_("client", payload={"area_id": "a"}), "malformed", ID),
    (with_("client", surprise=1), "malformed", ID),
    (with_("client", actor=None), "malformed", ID),
    (with_("gateway", received_at="yesterday"), "malformed", ID),
    (with_("gateway", age_ms=[5, 1]), "malformed", ID),
    (with_("gateway", signature={"means": "scribble"}), "malformed", ID),
]


@pytest.mark.parametrize(("value", "reason", "command_id"), UNDECODABLE, ids=range(len(UNDECODABLE)))
async def test_what_cannot_be_decoded_is_put_aside_and_the_worker_lives(
    tmp_path: Path, value: bytes, reason: str, command_id: str | None
) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.send(value)
        await stage.done(command("register_area", area("next")))
        assert await stage.dead_letters() == [(reason, command_id)]
        assert list((await stage.read()).site(SITE).board.areas) == ["next"]


@pytest.mark.parametrize("changes", [{"version": 2}, {"type": "levitate"}], ids=["version", "type"])
async def test_a_command_we_do_not_know_is_refused_by_name(tmp_path: Path, changes: dict[str, object]) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.send(with_("client", **changes))
        await stage.decide()
        body = (await stage.counted())[1]
        assert [refusal["code"] for refusal in body["refusals"]] == ["unknown_command_version"]


async def test_a_command_of_a_site_that_is_not_registered_is_put_aside(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.done(GOOD)
        assert await stage.dead_letters() == [("unknown_site", ID)]
        assert await stage.records() == []


async def test_a_site_with_an_unknown_rule_pack_is_not_registered(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.done(command("register_site", register_site(packs=["moon-2049"])))
        assert [reason for reason, _ in await stage.dead_letters()] == ["unknown_site"]
        assert await stage.records() == []


@pytest.mark.parametrize(("over", "verdict"), [(0, "accepted"), (1, "refused")], ids=["at the limit", "above it"])
def test_an_outcome_that_no_record_can_hold_is_refused_by_its_limit(over: int, verdict: str) -> None:
    incoming = decode(Record(COMMANDS, 0, 0, SITE.encode(), canonical(GOOD), datetime.now(UTC)))
    now = datetime(2026, 11, 22, tzinfo=UTC)
    placed = place(incoming, now, now)

    def encoded(length: int) -> bytes:
        outcome = Outcome("accepted", (Event("area.registered", 1, {"x": "x" * length}),), (), (), (), ())
        return encode(EMPTY_SITE, incoming, placed, outcome, now, "decider-0")[1]

    room = RECORD_LIMIT - len(encoded(0))
    value = encoded(room + over)
    assert len(value) <= RECORD_LIMIT
    body = opened(value)[1]
    assert body["verdict"] == verdict
    assert [refusal["code"] for refusal in body["refusals"]] == ["limit_reached"] * over


# ---- the test hook -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environ",
    [{}, {PAUSE: "/x"}, {PAUSE: "/x", ALLOW: "1"}, {PAUSE: "/x", ALLOW: "true"}, {ALLOW: ALLOWED}],
)
def test_no_hook_without_both_words(environ: dict[str, str]) -> None:
    assert before_append(environ) is None


async def test_a_pause_is_taken_once_and_only_by_its_site(tmp_path: Path) -> None:
    order = tmp_path / "order"
    hook = before_append({PAUSE: str(order), ALLOW: ALLOWED})
    assert hook is not None
    order.write_text(json.dumps({"site_id": SITE, "seconds": 0.01}))
    await hook({NEIGHBOUR})
    assert order.exists()
    await hook({SITE, str(uuid.uuid4())})
    assert not order.exists()
