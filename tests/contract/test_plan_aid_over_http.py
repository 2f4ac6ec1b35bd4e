"""What a plan is told over HTTP while it is written: who is told, of what, within which bounds, and in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
import pytest_asyncio

from schemas import limits
from schemas.fields import errors_of
from schemas.requests import PlanAid
from services.gateway.pages.plan_page import AIDED
from services.seven_steps.commands import COMMANDS
from tests.contract.test_commands_over_http import new_job
from tests.support.stack import Answered, Client, Stack, new_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

PATH = "/api/sites/demo/plan-aid"
FACTS: dict[str, Any] = {"in_bund": False, "on_pipe_rack": False, "equipment_running": False}
WINDOW = {"planned_from": "2026-11-20T00:00:00Z", "planned_to": "2026-11-20T08:00:00Z"}
CREW = [{"person_id": "p-worker", "role": "worker", "trade": "hot_work"}]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def job_id(stack: Stack) -> str:
    return await new_job(await stack.signed_in("work_lead"))


async def ask(client: Client, draft: Any, **about: str) -> Answered:
    given = draft if isinstance(draft, str) else json.dumps(draft)
    return await client.get(PATH, params={**about, "draft": given})


async def test_a_ticket_that_is_written_is_told_its_level_and_its_longest_time(stack: Stack, job_id: str) -> None:
    draft = {"ticket": {"type": "hot_work", "facts": FACTS, **WINDOW}}
    answer = await ask(await stack.signed_in("work_lead"), draft, job_id=job_id)
    assert (answer.status, errors_of(PlanAid, answer.body)) == (200, {})
    told = answer.body["ticket"]
    assert told["level"] == "1"
    assert "at most 8\N{NO-BREAK SPACE}h" in told["window"][0]["text"]
    assert [one["mark"] for one in told["facts"]] == ["note", "note"]


async def test_it_is_told_in_the_language_of_the_page(stack: Stack, job_id: str) -> None:
    draft = {"ticket": {"type": "hot_work", "facts": FACTS}}
    lead = await stack.signed_in("work_lead")
    answer = await lead.get(PATH, params={"job_id": job_id, "lang": "zh-CN", "draft": json.dumps(draft)})
    assert answer.body["ticket"]["facts"][-1]["text"].startswith("签发人：")


async def test_a_crew_is_told_of_each_person_and_nothing_is_recorded(stack: Stack, job_id: str) -> None:
    lead = await stack.signed_in("work_lead")
    stated = {"holds_flammables": False, "plant_shut_cleaned": False, "outdoors": True, "inside_confined_space": False}
    payload = {"type": "hot_work", "place": "V-12", "facts": {**FACTS, **stated, "method": "grinder"}}
    added = await lead.send("add_ticket", {**payload, **await _today(lead)}, job_id=job_id, permit_id=(key := new_id()))
    assert added.status == 200, added.body
    answer = await ask(lead, {"crew": CREW}, permit_id=key)
    assert (answer.status, errors_of(PlanAid, answer.body)) == (200, {})
    (member,) = answer.body["crew"]["members"]
    assert [(one["mark"], one["code"]) for one in member["lines"]] == [("warn", "G-CR-1")]
    assert member["lines"][0]["text"].startswith("Worker has no valid certificate.")
    assert [one["code"] for one in answer.body["crew"]["lines"]] == ["G-CR-2a"]
    change = await ask(lead, {"crew_change": {"add": CREW, "remove": []}}, permit_id=key)
    assert (change.status, errors_of(PlanAid, change.body)) == (200, {})
    assert change.body["crew_change"] == answer.body["crew"]
    seen = await lead.get(f"/api/jobs/{job_id}")
    assert [one["crew"] for one in seen.body["permits"]] == [{}]


async def _today(lead: Client) -> dict[str, str]:
    sites = (await lead.get("/api/sites")).body["sites"]
    day = next(one["decided_at"] for one in sites if one["site_id"] == "demo")[:10]
    return {"planned_from": f"{day}T00:00:00Z", "planned_to": f"{day}T08:00:00Z"}


async def test_a_plan_is_told_what_it_leaves_out(stack: Stack, job_id: str) -> None:
    draft = {"plan": {"gas": {}, "isolations": []}}
    answer = await ask(await stack.signed_in("applicant"), draft, job_id=job_id)
    assert (answer.status, errors_of(PlanAid, answer.body)) == (200, {})


UNREADABLE: list[tuple[str, Any, str]] = [
    ("no JSON", "{", "draft"),
    ("a list", "[]", "draft"),
    ("an unknown part", {"surprise": 1}, "draft.surprise"),
    ("a crew without a role", {"crew": [{"person_id": "x", "trade": "x"}]}, "draft.crew.0.role"),
    ("a type that is none", {"ticket": {"type": "magic"}}, "draft.ticket.type"),
    ("no type", {"ticket": {}}, "draft.ticket.type"),
    ("a time that is none", {"ticket": {"type": "height", "planned_from": "soon"}}, "draft.ticket.planned_from"),
    (
        "a fact of another type",
        {"ticket": {"type": "height", "facts": {"in_bund": True}}},
        "draft.ticket.facts.in_bund",
    ),
    (
        "a number that is none",
        {"ticket": {"type": "height", "facts": {"height_m": "x"}}},
        "draft.ticket.facts.height_m",
    ),
    ("a crew of no ticket", {"crew": CREW}, "permit_id"),
    ("a change of no ticket's crew", {"crew_change": {"add": CREW, "remove": []}}, "permit_id"),
    ("half a place", {"ticket": {"type": "height", "spot": {"east_m": "1"}}}, "draft.ticket.spot.north_m"),
    ("an activity that is none", {"ticket": {"type": "height", "activities": ["x"]}}, "draft.ticket.activities.0"),
]


@pytest.mark.parametrize(("given", "draft", "path"), UNREADABLE, ids=[row[0] for row in UNREADABLE])
async def test_what_cannot_be_read_is_malformed_and_names_the_field(
    stack: Stack, job_id: str, given: str, draft: Any, path: str
) -> None:
    answer = await ask(await stack.signed_in("work_lead"), draft, job_id=job_id)
    assert (answer.status, answer.body["error"]) == (422, "malformed")
    assert path in answer.body["fields"], answer.body


async def test_a_draft_has_a_length_that_it_may_have(stack: Stack, job_id: str) -> None:
    lead = await stack.signed_in("work_lead")
    longest = "{}" + " " * (limits.PLAN_DRAFT_CHARS_MAX - 2)
    assert (await ask(lead, longest, job_id=job_id)).status == 200
    answer = await ask(lead, longest + " ", job_id=job_id)
    assert (answer.status, answer.body["limit"]) == (413, "plan_draft_chars")


async def test_a_job_or_ticket_that_is_not_there_or_of_another_site_is_not_found(stack: Stack, job_id: str) -> None:
    lead = await stack.signed_in("work_lead")
    for about in ({}, {"job_id": new_id()}, {"permit_id": new_id()}):
        assert (await ask(lead, "{}", **about)).status == 404
    elsewhere = await lead.get("/api/sites/real/plan-aid", params={"job_id": job_id, "draft": "{}"})
    assert elsewhere.status == 404


async def test_whoever_may_send_a_form_with_an_aid_is_told_and_nobody_else(stack: Stack, job_id: str) -> None:
    answer = await ask(await stack.signed_in("worker"), "{}", job_id=job_id)
    assert (answer.status, answer.body["error"]) == (403, "not_allowed")
    assert set(answer.body["may"]) == frozenset[str]().union(*(COMMANDS[type_].roles for type_ in AIDED))
