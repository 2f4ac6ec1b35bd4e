"""The sealer on a real log beside a real decider: every issue, status and close gets its document, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.log import COMMANDS
from services.sealer.making import names_of
from services.sealer.seal import roots_of
from services.sealer.verify import verify_bytes
from services.vault import open_vault
from tests.decider.stage import PARTITION
from tests.flow.world import HOT, JOB, PIT, SITE
from tests.pdf.recorded import run, sealing, walked


def roots(folder: Path) -> list:
    return roots_of(folder / "keys" / "ca-cert.pem")


def kinds(board) -> list[tuple[str, str | None]]:
    return [(seal.kind, seal.permit_id) for seal in board.jobs[JOB].seals]


async def test_each_issued_ticket_gets_one_sealed_permit_that_verifies(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("active")) as (stage, sealer, store):
        assert sorted((key.kind, key.permit_id) for key in sealer.pending) == sorted([("permit", HOT), ("permit", PIT)])
        await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        assert sorted(kinds(board), key=str) == sorted([("permit", HOT), ("permit", PIT)], key=str)
        assert not sealer.pending
        for seal in board.jobs[JOB].seals:
            report = verify_bytes(store.read(seal.sha256), roots(tmp_path))
            assert report.ok, report.lines()
            assert report.facts["permit"] == seal.permit_id
            assert report.facts["records"].startswith(f"{board.jobs[JOB].created.seq} - ")


async def test_a_sealer_that_starts_again_makes_nothing_twice(tmp_path: Path) -> None:
    world = walked("active")
    async with sealing(tmp_path, world) as (stage, sealer, _):
        await run(stage, sealer)
        again = type(sealer)(sealer.tools)
        await again.open()
        assert not again.pending


async def test_two_sealers_at_once_leave_one_seal_on_the_log(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("active")) as (stage, sealer, _):
        other = type(sealer)(sealer.tools)
        await other.open()
        for one in (sealer, other):
            for pending in list(one.pending.values()):
                await one.attempt(pending)
        await run(stage, sealer)
        assert len(kinds(sealer.folds[PARTITION].site(SITE).board)) == 2


async def test_a_command_that_was_not_decided_yet_is_sent_again_as_the_same_bytes(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("active")) as (stage, sealer, _):
        pending = next(iter(sealer.pending.values()))
        await sealer.attempt(pending)
        await sealer.attempt(pending)
        sent = await stage.log.read(COMMANDS, PARTITION, 0)
        assert len(sent) == 2 and sent[0].value == sent[1].value


async def test_a_stopped_job_gets_a_status_copy_of_each_ticket_and_the_old_bytes_stay(tmp_path: Path) -> None:
    world = walked("active")
    world.ok("cutter", "stop_work", {"reason": {"lang": "zh-CN", "text": "闻到油气味"}}, job_id=JOB)
    async with sealing(tmp_path, world) as (stage, sealer, store):
        wanted = sorted((key.kind, key.permit_id) for key in sealer.pending)
        assert wanted == sorted([("permit", HOT), ("permit", PIT), ("status", HOT), ("status", PIT)])
        await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        hashes = {seal.sha256 for seal in board.jobs[JOB].seals}
        assert len(hashes) == 4
        assert all(verify_bytes(store.read(sha256), roots(tmp_path)).ok for sha256 in hashes)


async def test_a_status_that_is_over_is_not_copied_any_more(tmp_path: Path) -> None:
    world = walked("active")
    world.ok("cutter", "stop_work", {}, job_id=JOB)
    world.permit_ok(HOT, "area", "void_ticket", {"reason": {"lang": "en", "text": "scope changed"}})
    async with sealing(tmp_path, world) as (stage, sealer, _):
        await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        assert kinds(board).count(("status", HOT)) == 1
        assert not sealer.pending


async def test_a_printed_copy_is_sealed_with_its_mark(tmp_path: Path) -> None:
    world = walked("active")
    world.permit_ok(HOT, "lead", "print_permit", {"copy": 2})
    async with sealing(tmp_path, world) as (stage, sealer, _):
        marks = {(p.wanted.copy, p.wanted.printed) for p in sealer.pending.values() if p.wanted.key.permit_id == HOT}
        assert marks == {(1, False), (2, True)}
        await run(stage, sealer)
        assert kinds(sealer.folds[PARTITION].site(SITE).board).count(("permit", HOT)) == 2


async def test_a_closed_job_leaves_the_board_when_its_closure_record_is_sealed(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("closed")) as (stage, sealer, _):
        await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        assert JOB not in board.jobs and JOB in board.tombstones
        assert not sealer.pending
        files = [path for path in (tmp_path / "documents").rglob("*") if path.is_file()]
        closures = [
            r for f in files if (r := verify_bytes(f.read_bytes(), roots(tmp_path))).facts.get("kind") == "closure"
        ]
        assert len(closures) == 1 and closures[0].ok
        assert closures[0].facts["records"].endswith("by hash alone")


def test_our_own_programs_are_named_by_one_word_and_not_by_their_id(tmp_path: Path) -> None:
    vault = open_vault(f"sqlite:///{tmp_path}/vault.db")
    try:
        named = names_of(vault, {"service:watcher", "service:sealer"}, "HX-J-1")
    finally:
        vault.close()
    assert named == {one: {"en": "system", "zh-CN": "系统"} for one in ("service:sealer", "service:watcher")}


async def test_a_character_that_cannot_be_printed_raises_one_alarm_and_keeps_nothing_else_waiting(
    tmp_path: Path,
) -> None:
    world = walked("before_start")
    world.permit_ok(HOT, "lead", "start", {"unchanged": True})
    world.permit_ok(HOT, "watch", "interrupt", {"reason": {"lang": "en", "text": "break \U0001f600"}})
    async with sealing(tmp_path, world) as (stage, sealer, _):
        for _ in range(2):
            await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        alarms = [alarm for alarm in board.alarms.values() if alarm.code == "96"]
        assert len(alarms) == 1 and "GRINNING FACE" in alarms[0].text and alarms[0].count == 1
        assert sorted(kinds(board), key=str) == sorted([("permit", HOT), ("permit", PIT)], key=str)
        assert [key.kind for key in sealer.pending] == ["status"]


async def test_a_document_that_trips_the_sealer_raises_an_alarm_and_the_next_one_is_made(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("active")) as (stage, sealer, _):
        history = sealer.histories[SITE]
        kept, history.hashes = history.hashes, []
        await sealer.attempt(sealer.pending[min(sealer.pending, key=lambda key: key.records_to)])
        history.hashes = kept
        await run(stage, sealer)
        board = sealer.folds[PARTITION].site(SITE).board
        assert [alarm.code for alarm in board.alarms.values() if alarm.code == "96"] == ["96"]
        assert len(kinds(board)) == 2  # the cause is gone, and so is the failure


async def test_the_sealing_process_is_started_again_when_it_was_killed(tmp_path: Path) -> None:
    async with sealing(tmp_path, walked("active")) as (stage, sealer, _):
        first, second = list(sealer.pending.values())
        await sealer.attempt(first)
        process = sealer.tools.process
        pid = process.pid
        assert process._process is not None
        process._process.kill()
        await process._process.wait()
        await sealer.attempt(second)
        assert process.pid not in (None, pid)
        await run(stage, sealer)
        assert len(kinds(sealer.folds[PARTITION].site(SITE).board)) == 2


@pytest.mark.parametrize("step", ["before_issue"])
async def test_nothing_is_sealed_before_the_issue(tmp_path: Path, step: str) -> None:
    async with sealing(tmp_path, walked(step)) as (_, sealer, __):
        assert not sealer.pending
