"""The checker must find every planted fault, and must be silent about a clean history.

The faults are those of real systems: one member checked N times, an empty set that passes, a swallowed refusal, a
zombie's record believed, a refused command that succeeds on retry, evidence that aged, an act that came late.
"""

from __future__ import annotations

import copy
import dataclasses
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.chaos.cast import START, ZONE, Cast, stamp
from tests.chaos.checker import Report, check
from tests.chaos.links import canonical, sha256
from tests.chaos.stored import Stored
from tests.chaos.synthetic import PaperSite
from tests.chaos.told import Tap
from tests.chaos.walks import Job, WalkBroke, Walker, text

CLEAN_HISTORIES = 25


async def open_site(seed: int, ignored: str = "") -> tuple[PaperSite, Walker]:
    site = PaperSite(Cast(f"site-{seed}"), frozenset(ignored.split()))
    await site.tap("admin", "register_site", {"zone": ZONE, "clock": "simulated", "starts_at": stamp(START)})
    walker = Walker(site, site.cast, random.Random(seed))
    await walker.register()
    return site, walker


async def history(job_type: type[Job] = Job, ignored: str = "", kind: str = "hot_and_confined") -> PaperSite:
    """One job walked as far as it goes under a decider that ignores these gates."""
    site, walker = await open_site(1, ignored)
    careless = Careless(walker.hand, walker.cast, walker.luck, walker.now)
    try:
        await job_type(careless, kind, "job-1").walk()
    except WalkBroke:
        pass  # another gate held: the history up to there is what counts
    return site


class Careless(Walker):
    """Goes on where a refusal that it waited for did not come."""

    async def cannot(
        self, code: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any
    ) -> None:
        await self.hand.tap(who, type_, payload or {}, **about)


def judged(site: PaperSite) -> Report:
    return check(site.found(), site.taps)


def renumbered(records: list[Stored]) -> list[Stored]:
    """As a careful forger leaves them: without a hole in the offsets."""
    return [dataclasses.replace(stored, offset=number) for number, stored in enumerate(records)]


def says(report: Report, words: str) -> bool:
    return any(words in problem for problem in report.problems)


# ---- clean histories -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(CLEAN_HISTORIES))
async def test_a_clean_history_raises_no_alarm(seed: int) -> None:
    site, walker = await open_site(seed)
    for _ in range(2):
        await walker.any_job()

    report = judged(site)

    assert report.problems == []
    assert report.figures["outcomes"] == len(site.outcomes)


async def test_a_zombies_forks_are_dropped_without_alarm() -> None:
    site, walker = await open_site(3)
    await Job(walker, "hot", "job-1").walk()
    for number in (20, 40, 60):
        site.outcomes.append(dataclasses.replace(_fork(site, number), offset=len(site.outcomes)))

    report = judged(site)

    assert report.problems == []
    assert report.figures["dropped"] == {"not_next": 3}


async def test_a_record_out_of_time_is_dropped_and_the_command_decided_again() -> None:
    site, _walker = await open_site(4)
    command = json.loads(site.commands[-1].value)
    client = command["client"] | {"command_id": "slow", "type": "set_policies", "payload": {"policies": {}}}
    site._append(site.commands, "commands", canonical(command | {"client": client}))
    site.taps["slow"] = dataclasses.replace(site.taps[command["client"]["command_id"]], command_id="slow", body=client)
    site.taps["slow"].answers = []

    site.decide(client, command["gateway"], delay=timedelta(seconds=11))
    site.taps["slow"].answers = []
    site.decide(client, command["gateway"])

    report = judged(site)
    assert report.problems == []
    assert report.figures["dropped"] == {"out_of_time": 1}


def _fork(site: PaperSite, number: int) -> Stored:
    """What a paused worker writes when it goes on: its own view of the record after `number`."""
    stored = site.outcomes[number]
    body = json.loads(stored.value.partition(b"\n")[2])
    line = canonical(body | {"worker": "zombie"})
    envelope = json.loads(stored.value.partition(b"\n")[0]) | {"body_sha256": sha256(line)}
    return dataclasses.replace(stored, value=canonical(envelope) + b"\n" + line)


# ---- faults of the log and of the answers --------------------------------------------------------------------------


def duplicated_effect(site: PaperSite) -> None:
    command = json.loads(site.commands[30].value)
    site.decide(command["client"], command["gateway"])


def refused_then_accepted(site: PaperSite) -> None:
    for stored in site.outcomes:
        body = json.loads(stored.value.partition(b"\n")[2])
        if body["verdict"] == "refused":
            site.write(body | {"verdict": "accepted", "refusals": [], "events": []})
            return


def lost_outcome(site: PaperSite) -> None:
    site.outcomes.pop()


def deleted_record(site: PaperSite) -> None:
    del site.outcomes[50]
    site.outcomes[:] = renumbered(site.outcomes)


def hole_in_the_offsets(site: PaperSite) -> None:
    del site.commands[50]


def changed_record(site: PaperSite) -> None:
    stored = site.outcomes[50]
    site.outcomes[50] = dataclasses.replace(stored, value=stored.value.replace(b"Unit 1", b"Unit 2") + b" ")


def changed_and_sealed_again(site: PaperSite) -> None:
    site.outcomes[50] = _fork(site, 50)


def forged_record(site: PaperSite) -> None:
    body = json.loads(site.outcomes[-1].value.partition(b"\n")[2])
    client = body["client"] | {"command_id": "nobody sent this"}
    site.write(body | {"client": client, "command_sha256": sha256(canonical(client))})


def zombie_believed(site: PaperSite) -> None:
    """The worker answered from its own, dropped record."""
    zombie = _fork(site, len(site.outcomes) - 1)
    site.outcomes[-1] = dataclasses.replace(zombie, append_time=zombie.append_time + timedelta(seconds=11))


def out_of_time_believed(site: PaperSite) -> None:
    stored = site.outcomes[-1]
    site.outcomes[-1] = dataclasses.replace(stored, append_time=stored.append_time + timedelta(seconds=10.5))


def other_answer(site: PaperSite) -> None:
    status, answer = list(site.taps.values())[-1].answers[0]
    list(site.taps.values())[-1].answers[0] = (status, answer | {"site_seq": answer["site_seq"] + 1})


def other_codes(site: PaperSite) -> None:
    for tap in site.taps.values():
        if tap.answers[0][0] == 409:
            tap.answers[0] = (409, tap.answers[0][1] | {"codes": ["G-XX-1"]})
            return


def two_answers(site: PaperSite) -> None:
    tap = list(site.taps.values())[-1]
    tap.answers.append((409, {"site_seq": tap.answers[0][1]["site_seq"], "codes": ["wrong_state"]}))


def told_that_nothing_was_recorded(site: PaperSite) -> None:
    list(site.taps.values())[-1].answers[:] = [(503, {"error": "unavailable"})]


def undecided_command(site: PaperSite) -> None:
    command = json.loads(site.commands[-1].value)
    client = command["client"] | {"command_id": "waits for ever"}
    site._append(site.commands, "commands", canonical(command | {"client": client}))


def late_act(site: PaperSite) -> None:
    act = next(c for c in (json.loads(s.value) for s in site.commands) if c["client"]["type"] == "assess")
    client = act["client"] | {"command_id": "late"}
    site.taps["late"] = Tap("late", site.real, client)
    site._append(site.commands, "commands", canonical(act | {"client": client}))
    site.real += timedelta(seconds=200)
    site.decide(client, act["gateway"])


def stop_work_refused(site: PaperSite) -> None:
    body = json.loads(site.outcomes[-1].value.partition(b"\n")[2])
    client = body["client"] | {"command_id": "stop", "type": "stop_work", "payload": {}}
    site.write(body | {"client": client, "verdict": "refused", "refusals": [{"code": "wrong_state"}], "events": []})


def refusal_with_effect(site: PaperSite) -> None:
    body = json.loads(site.outcomes[-1].value.partition(b"\n")[2])
    events = [{"type": "permit.issued", "version": 1, "data": {}}]
    site.write(body | {"verdict": "refused", "refusals": [{"code": "G-SV-1"}], "events": events})


FAULTS: dict[Callable[[PaperSite], None], str] = {
    duplicated_effect: "took effect 2 times",
    refused_then_accepted: "took effect 2 times",
    lost_outcome: "lost outcome",
    deleted_record: "is not on the log",
    hole_in_the_offsets: "offset 50 is missing",
    changed_record: "no outcome can be read",
    changed_and_sealed_again: "is not on the log",
    forged_record: "no such command was sent",
    zombie_believed: "lost outcome",
    out_of_time_believed: "lost outcome",
    other_answer: "answer differs from the log",
    other_codes: "answer differs from the log",
    two_answers: "two different answers",
    told_that_nothing_was_recorded: "told that nothing was recorded",
    undecided_command: "without an outcome",
    late_act: "late act",
    stop_work_refused: "stop-work was refused",
    refusal_with_effect: "a refused command carries the event",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
async def test_a_fault_of_the_log_is_found(fault: Callable[[PaperSite], None]) -> None:
    site = copy.deepcopy(await history())
    assert judged(site).problems == []

    fault(site)

    assert says(judged(site), FAULTS[fault]), judged(site).problems


# ---- boundaries passed with a gate shut ----------------------------------------------------------------------------


class NobodyIsCrew(Job):
    async def each(self, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> None:
        await super().each(who, type_, {"crew": []} if type_ == "assign_crew" else payload, **about)


class OneSpeaksForAll(Job):
    """The work lead acknowledges four times: one member checked N times."""

    async def job(self, who: str, type_: str, payload: dict[str, Any] | None = None) -> Any:
        return await super().job("lead" if type_ == "acknowledge_briefing" else who, type_, payload)


class NoGuardian(Job):
    async def each(self, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> None:
        if type_ != "guardian_on":
            await super().each(who, type_, payload, **about)


class LongBreakWithoutTest(Job):
    async def ticket(self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Any:
        if type_ == "resume":
            await self.walker.advance(self.walker.now + timedelta(minutes=31))
        return await super().ticket(kind, who, type_, payload, **about)


class SomebodyStaysInside(Job):
    async def ticket(self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Any:
        if type_ == "leave":
            type_, payload = "record_check", {"item": "all out", "ok": True}
        return await super().ticket(kind, who, type_, payload, **about)


class OverTime(Job):
    async def ticket(self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Any:
        if type_ == "resume":
            await self.walker.advance(self.begins + timedelta(hours=8))
        return await super().ticket(kind, who, type_, payload, **about)


class LockTakenOffTooEarly(Job):
    async def inside(self) -> None:
        await self.job("isolator", "remove_isolation", {"point_id": self.cast.point(1)})


class StoppedAndStartedByTheLead(Job):
    async def ticket(self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Any:
        if type_ == "interrupt":
            type_, payload = "stop_work", {"reason": text("sparks fly too far")}
        return await super().ticket(kind, who, type_, payload, **about)


class UnlinkedTickets(Job):
    async def ticket(self, kind: str, who: str, type_: str, payload: dict[str, Any] | None = None, **about: Any) -> Any:
        if type_ == "link_tickets" and kind == "hot_work":
            return None
        return await super().ticket(kind, who, type_, payload, **about)


BOUNDARY_FAULTS: list[tuple[type[Job], str, str]] = [
    (Job, "G-RA-1", "G-RA-1: no risk assessment"),
    (Job, "G-BR-1", "G-BR-1: 3 of 4"),
    (OneSpeaksForAll, "G-BR-1 G-BR-2", "G-BR-1: 3 of 4"),
    (NobodyIsCrew, "G-CR-1 G-CR-2 G-BR-1", "no crew"),
    (Job, "G-SD-1", "was verified by who applied it"),
    (Job, "G-GAS-2", "G-GAS-2: methane at middle was sampled"),
    (UnlinkedTickets, "G-SV-5", "is not linked both ways"),
    (Job, "G-HOT-5", "the foreman did not check"),
    (NoGuardian, "G-RUN-1", "no guardian is on duty"),
    (LongBreakWithoutTest, "resume:G-GAS-4 resume:G-GAS-2", "was not tested after the break began"),
    (OverTime, "G-GAS-4 resume:G-GAS-2 G-RUN-2", "after valid_to"),
    (StoppedAndStartedByTheLead, "G-RUN-5", "a stop-work is not cleared"),
    (LockTakenOffTooEarly, "G-ISO-1", "G-ISO-1"),
    (SomebodyStaysInside, "G-CS-2", "people and 2 tools are still inside"),
    (Job, "G-HOT-3", "G-HOT-3: no fire watch"),
]


@pytest.mark.parametrize(
    ("job", "ignored", "words"), BOUNDARY_FAULTS, ids=lambda value: getattr(value, "__name__", None)
)
async def test_a_boundary_passed_with_its_gate_shut_is_found(job: type[Job], ignored: str, words: str) -> None:
    site = await history(job, ignored)

    assert says(judged(site), words), judged(site).problems


async def test_the_checker_imports_nothing_of_the_product() -> None:
    """Its judgement is worth nothing if it shares code with what it judges."""
    import subprocess
    import sys

    code = (
        "import sys, tests.chaos.checker; product = {'services', 'schemas', 'pdf_templates', 'deploy', 'faust'}; "
        "print([name for name in sys.modules if name.split('.')[0] in product])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
