"""On a real log: rebuilding, checking against a fresh replay, halted sites, and a log that has lost something."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from services import sql
from services.log import Log, open_log, partition_of
from services.log.topics import OUTCOMES
from services.register import check, rebuild, schema
from services.register.follower import Follower
from services.register.projector import Projector
from services.register.queries import Queries
from services.seven_steps import step4_site_survey
from services.seven_steps.codec import digest
from tests.flow.world import JOB, PIT
from tests.register.tables import dump, whole_board
from tests.register.worlds import LoggedWorld, eventful, walked

SITES = ("site-a", "site-b", "site-c")


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = open_log(f"sqlite://{tmp_path}/log.db")
    await log.ensure_topics()
    yield log
    await log.close()


@pytest.fixture
async def worlds(log: Log) -> list[LoggedWorld]:
    """Three sites with their histories on the log."""
    made = [eventful(21 + n, 10, site) for n, site in enumerate(SITES)]
    for world in made:
        await world.write(log)
    return made


async def follow(projector: Projector, log: Log) -> None:
    """As the worker does on assignment: everything to the end, then again for what came meanwhile."""
    follower = Follower(projector, lambda: log)
    for topic in ("outcomes", "dead_letters"):
        for partition in range(log.partitions(topic)):
            await follower.start(topic, partition, lambda: None)


async def test_a_rebuilt_register_equals_the_one_that_followed(
    log: Log, worlds: list[LoggedWorld], url: str, projector: Projector
) -> None:
    await follow(projector, log)
    followed = dump(projector.engine)
    await rebuild(url, log)
    assert dump(projector.engine) == followed
    for world in worlds:
        assert digest(whole_board(projector.engine, world.site)) == digest(world.board)
    checked = await check(url, log)
    assert checked.equal and checked.records == sum(len(w.values) for w in worlds) and checked.sites == 3


async def test_a_register_behind_the_log_is_checked_up_to_its_own_position(
    log: Log, worlds: list[LoggedWorld], url: str, projector: Projector
) -> None:
    world = worlds[0]
    partition = partition_of(world.site, log.partitions(OUTCOMES))
    projector.apply(OUTCOMES, partition, await log.read(OUTCOMES, partition, 0, 30))
    checked = await check(url, log)
    assert checked.equal and checked.records == 30


PLANTED = {
    "a verdict": update(schema.OUTCOMES).where(schema.OUTCOMES.c.site_seq == 9).values(verdict="refused"),
    "a head": update(schema.SITES).where(schema.SITES.c.site_id == "site-a").values(head="0" * 64),
    "a missing answer": schema.ANSWERS.delete().where(schema.ANSWERS.c.site_seq == 7),
    "a missing trail": schema.TRAIL.delete().where(schema.TRAIL.c.site_seq == 40),
    "a state": update(schema.PERMITS).values(state="active").where(schema.PERMITS.c.state == "suspended"),
    "a board": update(schema.BOARD_PARTS)
    .where(schema.BOARD_PARTS.c.part == "people", schema.BOARD_PARTS.c.key == "cutter")
    .values(json='{"person_id":"cutter"}'),
    "an alarm": update(schema.ALARMS).values(state="closed"),
    "an invented job": schema.JOBS.insert().values(
        site_id="site-a", job_id="x", job_no="x", state="closed", title="", area_id="", place="", equipment_tag="",
        work_lead="", applicant="", version=1, stopped=False, created_at="", created_day="", seq=1, live=False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("planted", PLANTED)
async def test_a_row_that_is_not_of_the_log_is_found(log: Log, tmp_path: Path, planted: str) -> None:
    url = f"sqlite:///{tmp_path}/register.db"
    projector = Projector(sql.open_database(url, durable=False))
    projector.prepare()
    world = walked("active")
    world.do("mate", "stop_work", {}, job_id=JOB)
    world.do("watch", "enter", {"person_id": "nobody"}, job_id=JOB, permit_id=PIT)
    await world.write(log)
    await follow(projector, log)
    assert (await check(url, log)).equal
    with sql.writing(projector.engine) as connection:
        assert connection.execute(PLANTED[planted]).rowcount > 0
    assert not (await check(url, log)).equal
    await rebuild(url, log, forget_heads=planted == "a head")  # else it would look for that head
    assert (await check(url, log)).equal
    projector.engine.dispose()


# ---- halted sites --------------------------------------------------------------------------------------------------


async def test_a_record_that_is_not_understood_halts_its_site_alone_until_a_release_understands_it(
    log: Log, worlds: list[LoggedWorld], url: str, projector: Projector, queries: Queries, monkeypatch: Any
) -> None:
    known = dict(step4_site_survey.APPLIERS)
    from services.seven_steps import evolve

    with monkeypatch.context() as patched:
        older = {key: applier for key, applier in evolve.APPLIERS.items() if key != ("permit.issued", 1)}
        assert ("permit.issued", 1) in known
        patched.setattr(evolve, "APPLIERS", older)
        await follow(projector, log)
    for world in worlds:
        site = queries.site(world.site)
        assert site is not None and site["halted_reason"].startswith("not_understood: ")
        assert "permit.issued" in site["halted_reason"]
        assert site["site_seq"] < len(world.values)
    newcomer = walked_as("site-new")
    await newcomer.write(log)
    await follow(projector, log)  # the corrected release starts
    assert [row["halted_reason"] for row in queries.sites()] == [None] * 4
    for world in (*worlds, newcomer):
        assert digest(whole_board(projector.engine, world.site)) == digest(world.board)
    assert (await check(url, log)).equal


async def test_other_sites_of_the_partition_go_on_while_one_is_halted(
    log: Log, url: str, projector: Projector, queries: Queries, monkeypatch: Any
) -> None:
    from services.register import follower
    from services.seven_steps import evolve

    same = [n for n in (f"plant-{k}" for k in range(40)) if partition_of(n, 8) == partition_of("plant-0", 8)][:2]
    halting, healthy = eventful(31, 10, same[0]), walked_as(same[1])
    for values in zip(halting.values, healthy.values, strict=False):
        await log.append_many(OUTCOMES, list(zip(same, values, strict=True)))
    await log.append_many(OUTCOMES, [(same[0], value) for value in halting.values[len(healthy.values) :]])
    with monkeypatch.context() as patched:
        older = {key: applier for key, applier in evolve.APPLIERS.items() if key != ("job.created", 1)}
        patched.setattr(evolve, "APPLIERS", older)
        await follow(projector, log)
    halted, well = queries.site(same[0]), queries.site(same[1])
    assert halted is not None and halted["halted_reason"] is not None
    assert well is not None and well["halted_reason"] is None
    assert digest(whole_board(projector.engine, same[1])) == digest(healthy.board)
    monkeypatch.setattr(follower, "READ_AT_ONCE", 7)  # many small steps until it is caught up
    await follow(projector, log)
    assert digest(whole_board(projector.engine, same[0])) == digest(halting.board)
    assert (await check(url, log)).equal


def walked_as(site: str) -> LoggedWorld:
    from unittest import mock

    from tests.flow import walk

    with mock.patch.object(walk, "World", type("Named", (LoggedWorld,), {"site": site})):
        return walk.site()


# ---- a log that has lost something ---------------------------------------------------------------------------------


async def reopened(log: Log, tmp_path: Path, name: str, statements: list[str]) -> Log:
    """A copy of the log under another name, changed behind everybody's back."""
    await log.close()
    (tmp_path / name).mkdir()
    for file in tmp_path.glob("log.db*"):
        shutil.copy(file, tmp_path / name / file.name)
    with sqlite3.connect(tmp_path / name / "log.db") as database:
        for statement in statements:
            database.execute(statement)
    database.close()
    return open_log(f"sqlite://{tmp_path}/{name}/log.db")


async def test_a_site_whose_log_lost_its_last_records_is_halted_and_well_again_when_they_are_back(
    url: str, tmp_path: Path, projector: Projector, queries: Queries
) -> None:
    whole, short = await two_logs(tmp_path, cut=3)
    async with whole:
        await follow(projector, whole)
    async with short:
        await follow(projector, short)
        site = queries.site("site-a")
        assert site is not None and site["halted_reason"].startswith("head_lost: ")
        more = await short.append(OUTCOMES, "site-a", b"whatever comes now")
        await follow(projector, short)
        assert projector.position(OUTCOMES, more.partition).next_offset > more.offset
    async with open_log(whole.url) as back:
        await follow(projector, back)
        site = queries.site("site-a")
        assert site is not None and site["halted_reason"] is None
        assert (await check(url, back)).equal


async def test_a_rebuild_does_not_forget_the_heads_that_were_reached(
    url: str, tmp_path: Path, projector: Projector, queries: Queries
) -> None:
    whole, short = await two_logs(tmp_path, cut=3)
    async with whole:
        await follow(projector, whole)
    async with short:
        for _ in range(2):
            await rebuild(url, short)
            site = queries.site("site-a")
            assert site is not None and site["halted_reason"].startswith("head_lost: ")
        await rebuild(url, short, forget_heads=True)  # a backup was restored, and somebody says so
        site = queries.site("site-a")
        assert site is not None and site["halted_reason"] is None
        assert (await check(url, short)).equal


async def test_a_chain_written_again_differently_is_found_by_a_rebuild(
    url: str, tmp_path: Path, projector: Projector, queries: Queries
) -> None:
    whole, other = await two_logs(tmp_path, cut=3, instead=True)
    async with whole:
        await follow(projector, whole)
    async with other:
        await rebuild(url, other)
        site = queries.site("site-a")
        assert site is not None and site["halted_reason"].startswith("head_lost: another record stood")


async def two_logs(tmp_path: Path, cut: int, *, instead: bool = False) -> tuple[Log, Log]:
    """The same history twice; the second log ends `cut` records earlier, or has others `instead`."""
    world = walked("active")
    logs = [open_log(f"sqlite://{tmp_path}/{name}.db") for name in ("whole", "other")]
    for log in logs:
        await log.ensure_topics()
    await logs[0].append_many(OUTCOMES, [("site-a", value) for value in world.values])
    if instead:
        world = walked("before_start")
        for _ in range(3):
            world.do("mate", "stop_work", {}, job_id=None)
        while len(world.values) < 200 and len(world.values) < len(walked("active").values):
            world.do("mate", "stop_work", {}, job_id=None)
        cut = 0
    values = world.values[: len(world.values) - cut]
    await logs[1].append_many(OUTCOMES, [("site-a", value) for value in values])
    return logs[0], logs[1]


async def test_a_gap_in_the_log_halts_the_sites_of_its_partition(
    url: str, tmp_path: Path, projector: Projector, queries: Queries, log: Log, worlds: list[LoggedWorld]
) -> None:
    partition = partition_of("site-a", log.partitions(OUTCOMES))
    projector.apply(OUTCOMES, partition, await log.read(OUTCOMES, partition, 0, 20))
    gap = f'DELETE FROM "outcomes/{partition}" WHERE "offset" = 25'
    broken = await reopened(log, tmp_path, "gap", [gap])
    async with broken:
        await asyncio.wait_for(follow(projector, broken), 30)
        site = queries.site("site-a")
        assert site is not None and "halted" in site["halted_reason"] and site["site_seq"] <= 25
