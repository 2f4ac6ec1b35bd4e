"""A command's way over HTTP: each kind of answer, with the real log, decider and register behind."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from services.gateway.commanding import REFUSALS_PER_MINUTE
from tests.support.stack import Client, Stack, new_id, text

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOB: dict[str, Any] = {
    "title": text("Cut a flange"),
    "area_id": "a1",
    "place": "Valve pit 3",
    "equipment_tag": "V-301",
    "work_content": text("Cut a seized flange"),
    "applicant_unit": "Operations",
    "work_unit": "Contractor",
    "work_lead": "p-work_lead",
}


async def new_job(client: Client) -> str:
    answer = await client.send("create_job", JOB, job_id=(job_id := new_id()))
    assert answer.status == 200, answer.body
    return job_id


async def test_an_accepted_command_is_answered_from_the_register(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    body = lead.command("create_job", JOB, job_id=new_id())
    answer = await lead.post("/api/commands", body)
    assert answer.status == 200
    assert answer.body["verdict"] == "accepted"
    assert answer.body["job_no"].startswith("DEMO-J-")
    assert [event["type"] for event in answer.body["events"]] == ["job.created"]
    again = await lead.get(f"/api/commands/{body['command_id']}")
    assert again.body == answer.body


async def test_a_retry_is_given_the_same_answer_and_one_outcome(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    body = lead.command("create_job", JOB, job_id=new_id())
    first = await lead.post("/api/commands", body)
    second = await lead.post("/api/commands", body | {"elapsed_ms": 900})
    assert first.body == second.body


async def test_two_at_once_under_one_id_are_decided_once(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    body = lead.command("create_job", JOB, job_id=new_id())
    answers = await asyncio.gather(*(lead.post("/api/commands", body) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["site_seq"] for answer in answers}) == 1


async def test_another_body_under_the_same_id_is_refused(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    body = lead.command("create_job", JOB, job_id=new_id())
    await lead.post("/api/commands", body)
    other = await lead.post("/api/commands", body | {"payload": JOB | {"place": "elsewhere"}})
    assert (other.status, other.codes) == (409, ["command_id_reused"])


async def test_a_refusal_names_each_reason_in_both_languages(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    permit_id = new_id()
    ticket = {
        "type": "general",
        "facts": {},
        "place": "Valve pit 3",
        "planned_from": "2027-01-01T00:00:00Z",
        "planned_to": "2027-01-01T04:00:00Z",
    }
    assert (await lead.send("add_ticket", ticket, job_id=job_id, permit_id=permit_id)).status == 200
    answer = await lead.send("assess", {"permits": [permit_id]}, job_id=job_id)
    assert answer.status == 409
    assert answer.body["error"] == "refused"
    assert "G-RA-1" in answer.codes
    for refusal in answer.body["refusals"]:
        assert set(refusal["text"]) == {"en", "zh-CN"}
        assert all(refusal["text"].values())
    again = await lead.get(f"/api/commands/{answer.body['command_id']}")
    assert (again.status, again.body) == (409, answer.body)


async def test_an_old_version_of_the_job_is_a_conflict(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    answer = await lead.send("withdraw_job", {"reason": text()}, job_id=job_id, expected_version=7)
    assert (answer.status, answer.codes) == (409, ["version_conflict"])


async def test_an_unknown_version_of_a_command_is_refused_by_name(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    answer = await lead.send("create_job", JOB, job_id=new_id(), version=2)
    assert (answer.status, answer.codes) == (409, ["unknown_command_version"])


async def test_malformed_input_is_told_by_its_paths(stack: Stack) -> None:
    tester = await stack.signed_in("gas_tester")
    reading = {"gas": "methane", "point": "top", "value": "5", "unit": "%LEL"}
    payload = {"instrument_id": "i1", "readings": [reading]}
    answer = await tester.send("record_gas_test", payload, job_id=new_id(), permit_id=new_id())
    assert answer.status == 422
    assert set(answer.body["fields"]) == {"payload.readings.0.lel", "payload.readings.0.calibration_gas"}


async def test_a_command_of_another_person_is_not_sent(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    answer = await lead.send("create_job", JOB, job_id=new_id(), actor="p-applicant")
    assert (answer.status, answer.body["error"]) == (403, "not_allowed")


async def test_a_document_that_cannot_be_read_is_refused_until_it_is_there(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    stored = await lead.request("POST", "/api/documents", data=b"%PDF-1.7 a plan")
    assert stored.status == 201
    plan = {
        "method_statement": text(),
        "emergency_plan": text(),
        "rescue_kit": "tripod",
        "comms_channel": "7",
        "isolations": [],
        "gas": {},
    }
    missing = plan | {"documents": [{"kind": "other", "sha256": "0" * 64}]}
    answer = await lead.send("record_plan", missing, job_id=job_id)
    assert (answer.status, answer.codes) == (409, ["document_missing"])
    named = plan | {"documents": [{"kind": "other", "sha256": stored.body["sha256"]}]}
    before = await lead.get(f"/api/documents/{stored.body['sha256']}")
    assert before.status == 404  # nobody's until a record names it
    assert (await lead.send("record_plan", named, job_id=job_id)).status == 200
    after = await lead.get(f"/api/documents/{stored.body['sha256']}")
    assert (after.status, after.body) == (200, b"%PDF-1.7 a plan")
    assert after.headers["Content-Type"] == "application/pdf"


async def test_refusals_are_limited_a_person_but_a_stop_never_is(stack: Stack) -> None:
    briefer = await stack.signed_in("briefer")
    for _ in range(REFUSALS_PER_MINUTE):
        answer = await briefer.send("brief", {"permits": [new_id()]}, job_id=new_id())
        assert (answer.status, answer.codes) == (409, ["wrong_state"])
    limited = await briefer.send("brief", {"permits": [new_id()]}, job_id=new_id())
    assert (limited.status, limited.body["limit"]) == (429, "refusals_per_minute")
    assert int(limited.headers["Retry-After"]) >= 1
    lead = await stack.signed_in("work_lead")
    assert (await briefer.send("stop_work", {}, job_id=await new_job(lead))).status == 200


async def test_a_stop_is_shown_at_receipt_and_again_when_it_is_decided(stack: Stack) -> None:
    worker, lead = await stack.signed_in("worker"), await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    headers = {"Authorization": f"Bearer {worker.token}"}
    async with stack.http.get(f"{stack.url}/api/sites/demo/events", headers=headers) as stream:
        assert stream.headers["Content-Type"] == "text/event-stream"
        body = worker.command("stop_work", {"reason": text("smoke")}, job_id=job_id)
        answer = await worker.post("/api/commands", body)
        assert answer.status == 200
        seen = b""
        async with asyncio.timeout(10):
            while body["command_id"].encode() not in seen.partition(b"event: outcome")[2]:
                seen += await stream.content.readany()
    assert seen.index(b"event: hello") < seen.index(b"event: stop") < seen.index(b"event: outcome")
    assert b"being_recorded" in seen
    job = await lead.get(f"/api/jobs/{job_id}")
    assert job.body["job"]["stop"]["by"] == "p-worker"


async def test_what_can_be_read(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    job_id = await new_job(lead)
    job = await lead.get(f"/api/jobs/{job_id}")
    assert job.body["job"]["title"] == "Cut a flange"
    assert job.body["names"]["p-work_lead"] == "Work_Lead"
    board = await lead.get("/api/sites/demo/board")
    assert job_id in {row["job_id"] for row in board.body["jobs"]}
    assert board.body["site"]["simulated"] is True
    found = await lead.get("/api/search", params={"equipment_tag": "v-301", "q": "flange", "limit": "5"})
    assert found.status == 200
    assert found.body["jobs"]
    listed = await lead.get("/api/sites")
    assert {site["site_id"] for site in listed.body["sites"]} == {"demo", "real"}
    me = await lead.get("/api/me")
    assert me.body["roles"] == ["work_lead"]


async def test_a_site_is_read_by_its_own_people_only(stack: Stack) -> None:
    stranger = await stack.signed_in("stranger")
    assert (await stranger.get("/api/sites/demo/board")).status == 403
    assert (await stranger.get("/api/sites/elsewhere/board")).status == 404
    assert (await stranger.send("declare_emergency", {"reason": text()})).status == 403
