"""Clocks (design 4): the site's `now`, the interval a record was captured in, `late`, and until when an act may be."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.decider.placing import ACT_WITHIN, place
from services.decider.wire import decode
from services.folding import SiteClocks, SiteFold
from services.log import COMMANDS, Record
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical
from services.seven_steps.limits import LATE_AFTER
from services.seven_steps.site_time import stamp
from tests.decider.stage import PARTITION, SITE, HandClock, Stage, area, command
from tests.flow.world import HOT, JOB

RECEIVED = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SITE_NOW = datetime(2020, 1, 1, 12, 0, tzinfo=UTC)  # a simulated site lives in another year
SECOND = timedelta(seconds=1)


def placed(decided_after: timedelta, *, type_: str = "record_wind", actor: str = "g", **gateway: Any) -> Any:
    payload = {"mean_m_s": "3", "gust_m_s": "5"} if type_ == "record_wind" else {"unchanged": True}
    about = {} if type_ == "record_wind" else {"job_id": JOB, "permit_id": HOT}
    sent = command(type_, payload, actor=actor, gateway={"received_at": stamp(RECEIVED)} | gateway, **about)
    incoming = decode(Record(COMMANDS, 0, 0, SITE.encode(), canonical(sent), RECEIVED))
    return place(incoming, SITE_NOW, RECEIVED + decided_after)


# ---- captured ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_ms", "after", "earliest", "latest"),
    [
        ([0, 10_000], timedelta(0), -10, 0),
        ([0, 10_000], timedelta(seconds=3), -13, -3),
        ([90_000, 100_000], timedelta(seconds=5), -105, -95),
        ([7, 7], timedelta(0), -0.007, -0.007),
        ([0, 0], -timedelta(seconds=1), 1, 1),  # the gateway's clock is ahead of the decider's
    ],
)
def test_captured_is_now_less_the_way_here_less_the_age(
    age_ms: list[int], after: timedelta, earliest: float, latest: float
) -> None:
    captured = placed(after, age_ms=age_ms).captured
    assert captured.earliest == SITE_NOW + timedelta(seconds=earliest)
    assert captured.latest == SITE_NOW + timedelta(seconds=latest)


def test_an_unknown_age_is_an_unknown_time() -> None:
    assert placed(timedelta(0), age_ms=None).captured is None


async def test_the_interval_stands_on_the_log(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered()
        await stage.done(command("register_area", area("a"), gateway={"age_ms": [1000, 11_000]}))
        envelope, body = (await stage.outcomes())[1]
        captured = [datetime.fromisoformat(text) for text in body["captured"]]
        assert captured[1] - captured[0] == timedelta(seconds=10)
        way = envelope.decided_at_real - datetime.fromisoformat(body["gateway"]["received_at"])
        assert envelope.decided_at - captured[1] == way + SECOND


# ---- late, and too late --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_ms", "after", "late"),
    [
        (None, LATE_AFTER, False),
        (None, LATE_AFTER + SECOND, True),
        ([60_000, 70_000], timedelta(0), False),
        ([60_001, 70_001], timedelta(0), True),
        ([30_000, 40_000], timedelta(seconds=30), False),
        ([30_000, 40_000], timedelta(seconds=31), True),
    ],
)
def test_a_record_is_late_after_60_seconds_from_its_capture(
    age_ms: list[int] | None, after: timedelta, late: bool
) -> None:
    assert placed(after, age_ms=age_ms).late is late


def test_neither_acts_nor_services_are_late() -> None:
    assert not placed(timedelta(hours=1), type_="start").late
    assert not placed(timedelta(hours=1), actor="service:desk").late


def test_an_act_has_the_limit_the_gateway_gave_it() -> None:
    limit = RECEIVED + timedelta(seconds=12)
    assert placed(timedelta(0), type_="start", act_by=stamp(limit)).act_by == limit


def test_an_act_without_a_limit_has_60_seconds_from_when_it_came_in() -> None:
    assert placed(timedelta(0), type_="start").act_by == RECEIVED + ACT_WITHIN


def test_a_record_has_no_limit() -> None:
    assert placed(timedelta(0)).act_by is None


# ---- the site's now ------------------------------------------------------------------------------------------------


async def test_a_real_sites_now_is_the_hosts_and_never_before_its_last_record() -> None:
    clock = HandClock()
    ahead = clock.real() + timedelta(hours=1)
    clocks = SiteClocks(clock)
    assert clocks.now(SITE, SiteFold()) <= clock.real()
    assert clocks.now(SITE, SiteFold(board=Board(decided_at=ahead))) == ahead


START = "2026-11-18T00:00:00Z"


async def decided_at(stage: Stage) -> list[str]:
    return [stamp(envelope.decided_at) for envelope, _ in await stage.outcomes()]


async def test_a_simulated_site_begins_where_it_is_told_and_runs_with_the_monotonic_clock(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered("simulated", starts_at=START)
        stage.clock.seconds += 90
        await stage.done(command("register_area", area("a")))
        await stage.done(command("register_area", area("b")))
        assert (await decided_at(stage))[1:] == ["2026-11-18T00:01:30Z"] * 2


async def test_real_time_stays_real_on_a_simulated_site(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered("simulated", starts_at=START)
        await stage.done(command("register_area", area("a")))
        envelope = (await stage.outcomes())[1][0]
        assert abs(envelope.decided_at_real - stage.clock.real()) < timedelta(minutes=1)


async def test_advancing_the_clock_moves_the_site_forward_and_never_back(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered("simulated", starts_at=START)
        await stage.done(command("advance_clock", {"to": "2026-11-19T06:00:00Z"}))
        stage.clock.seconds += 10
        await stage.done(command("advance_clock", {"to": "2026-11-18T06:00:00Z"}))
        await stage.done(command("register_area", area("a")))
        times = await decided_at(stage)
        assert times[2:] == ["2026-11-19T06:00:10Z"] * 2
        assert [body["verdict"] for body in await stage.counted()][1:] == ["accepted", "refused", "accepted"]


async def test_a_simulated_site_stands_still_while_nothing_runs(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:
        await stage.registered("simulated", starts_at=START)
        await stage.done(command("advance_clock", {"to": "2026-11-19T06:00:00Z"}))
        stage.clock.seconds += 100_000  # the decider is away; the host runs on
        restarted = stage.new_decider()
        await restarted.assigned({PARTITION})
        stage.clock.seconds += 5
        await stage.send(command("register_area", area("a")))
        await stage.decide(restarted)
        assert (await decided_at(stage))[-1] == "2026-11-19T06:00:05Z"


@pytest.mark.parametrize(
    ("age_ms", "before"),
    [
        (0, 0),  # it came in while nothing decided, and is as old as the site's last record
        (8_000, 0),  # made right after the site's last record
        (60_000, 52),  # 64 s before the decider was back; the site stood still for 12 s of them
    ],
)
async def test_what_waited_while_a_simulated_site_stood_still_is_no_older_for_it(
    tmp_path: Path, age_ms: int, before: int
) -> None:
    async with Stage(tmp_path) as stage:
        stage.clock.offset = timedelta(seconds=-6)  # either way within the time fence
        await stage.registered("simulated", starts_at=START)
        last = (await stage.outcomes())[-1][0]
        stage.clock.offset = timedelta(seconds=6)
        restarted = stage.new_decider()
        await restarted.assigned({PARTITION})
        came_in = last.decided_at_real + timedelta(seconds=8)
        gateway = {"received_at": stamp(came_in), "age_ms": [age_ms, age_ms + 10_000]}
        await stage.send(command("register_area", area("a"), gateway=gateway))
        await stage.decide(restarted)
        latest = datetime.fromisoformat((await stage.outcomes())[-1][1]["captured"][1])
        assert abs(latest - (datetime.fromisoformat(START) - timedelta(seconds=before))) < timedelta(seconds=1)


def test_a_real_sites_time_passes_while_nothing_decides() -> None:
    clocks = SiteClocks(HandClock())
    clocks.taken_over(SITE, SiteFold(decided_at_real=RECEIVED))
    assert clocks.passed(SITE, RECEIVED, RECEIVED + SECOND) == SECOND
