"""Stop-work is never refused, never limited, and never lost while the log is down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services import sql
from services.gateway.kept_stops import KeptStop, KeptStops
from services.log.errors import LogFull
from services.register import schema as register_tables
from tests.contract.test_commands_over_http import new_job
from tests.support.stack import Stack, new_id, running, text

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_stop_for_no_known_job_is_kept_as_a_concern(stack: Stack) -> None:
    worker = await stack.signed_in("worker")
    answer = await worker.send("stop_work", {}, job_id=new_id())
    assert answer.status == 200
    assert [event["type"] for event in answer.body["events"]] == ["concern.recorded"]


async def test_a_hundred_stops_in_a_row_are_all_taken(stack: Stack) -> None:
    worker, lead = await stack.signed_in("worker"), await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    answers = await asyncio.gather(*(worker.send("stop_work", {}, job_id=job_id) for _ in range(100)))
    assert {answer.status for answer in answers} <= {200, 202}


async def test_a_stop_that_the_log_refuses_is_kept_on_disk_shown_and_sent_later(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, lead = await stack.signed_in("worker"), await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    kept = stack.gateway.kept_stops

    async def full(*_: Any) -> None:
        raise LogFull("the disk is full")

    headers = {"Authorization": f"Bearer {worker.token}"}
    async with stack.http.get(f"{stack.url}/api/sites/demo/events", headers=headers) as stream:
        body = worker.command("stop_work", {"reason": text("smoke")}, job_id=job_id)
        with monkeypatch.context() as down:
            down.setattr(stack.gateway.log, "append", full)
            answer = await worker.post("/api/commands", body)
            assert (answer.status, answer.body["kept"]) == (202, True)
            assert body["command_id"] in [stop.command_id for stop in kept.all()]
            assert (await lead.send("withdraw_job", {"reason": text()}, job_id=job_id)).status == 503
        seen = b""
        async with asyncio.timeout(10):
            while body["command_id"].encode() not in seen.partition(b"event: outcome")[2]:
                seen += await stream.content.readany()
    assert b"event: stop" in seen.partition(b"event: outcome")[0]
    decided = await worker.get(f"/api/commands/{body['command_id']}")
    assert (decided.status, decided.body["verdict"]) == (200, "accepted")
    async with asyncio.timeout(10):
        while kept.all():
            await asyncio.sleep(0.05)


async def test_a_halted_site_takes_nothing_but_a_stop_which_waits_for_it(stack: Stack) -> None:
    await stack.set_up_site("stuck", code="STUCK")
    worker, queries = await stack.signed_in("worker", "stuck"), stack.gateway.reading.queries

    def halt(reason: str | None) -> None:
        with sql.writing(queries._engine) as connection:
            table = register_tables.SITES
            connection.execute(table.update().where(table.c.site_id == "stuck").values(halted_reason=reason))

    halt("a record of a later release")
    refused = await worker.send("declare_emergency", {"reason": text()})
    assert (refused.status, refused.body["reason"]) == (503, "site_halted")
    assert int(refused.headers["Retry-After"]) > 0
    body = worker.command("stop_work", {}, job_id=new_id())
    assert (await worker.post("/api/commands", body)).body["kept"] is True
    halt(None)
    async with asyncio.timeout(10):
        while (await worker.get(f"/api/commands/{body['command_id']}")).status != 200:
            await asyncio.sleep(0.1)


async def test_a_kept_stop_survives_the_gateway(tmp_path: Path) -> None:
    kept = KeptStops(tmp_path / "stops")
    stop = KeptStop(new_id(), "demo", b'{"record":1}')
    kept.keep(stop)
    (tmp_path / "stops" / f"{new_id()}.json").write_bytes(b"half of a fi")
    assert KeptStops(tmp_path / "stops").all() == [stop]
    kept.done(stop.command_id)
    assert kept.all() == []


async def test_without_a_decider_a_command_is_looked_for_later(tmp_path: Path) -> None:
    async with running(tmp_path, deciding=False) as lonely:
        lonely._open_account("worker", "demo")
        worker = await lonely.signed_in("worker")
        body = worker.command("stop_work", {}, job_id=new_id())
        answer = await worker.post("/api/commands", body)
        assert (answer.status, answer.body["where"]) == (202, f"/api/commands/{body['command_id']}")
        assert (await worker.get(answer.body["where"])).status == 202
        assert (await worker.get(f"/api/commands/{new_id()}")).status == 404
