"""Every endpoint and every command, walked by every role: whoever may, may; nobody else."""

from __future__ import annotations

import re

import pytest

from schemas.commands import SCHEMAS
from services.gateway.app import API_ROUTES
from services.gateway.roles import LOCAL, PUBLIC, SESSION, SITE, endpoint_matrix
from services.seven_steps import roles
from services.seven_steps.commands import COMMANDS
from tests.contract.examples import PAYLOADS
from tests.support.stack import USERS, Client, Stack, new_id

pytestmark = pytest.mark.asyncio(loop_scope="session")

FORBIDDEN = {401, 403}
STREAMS = {("GET", "/api/sites/{site_id}/events")}
ENDS_THE_SESSION = {("POST", "/api/sign-out")}


def path_of(endpoint: tuple[str, str]) -> str:
    names = {"site_id": "demo", "sha256": "0" * 64}
    return re.sub(r"\{(\w+)\}", lambda found: names.get(found[1], new_id()), endpoint[1])


async def test_every_endpoint_has_a_row_and_every_row_an_endpoint() -> None:
    assert {(route.method, route.path) for route in API_ROUTES} == set(endpoint_matrix())


@pytest.mark.parametrize("endpoint", sorted(endpoint_matrix()), ids=" ".join)
async def test_nobody_signed_in_gets_no_further_than_what_is_public(stack: Stack, endpoint: tuple[str, str]) -> None:
    answer = await stack.request(endpoint[0], path_of(endpoint), allow_redirects=False)
    if endpoint_matrix()[endpoint] in (PUBLIC, LOCAL):
        assert answer.status != 401 or answer.body["error"] == "sign_in_refused"
        assert answer.status != 403
    else:
        assert (answer.status, answer.body["error"]) == (401, "not_signed_in")


@pytest.mark.parametrize("endpoint", sorted(set(endpoint_matrix()) - STREAMS - ENDS_THE_SESSION), ids=" ".join)
async def test_each_role_may_what_the_matrix_says(stack: Stack, endpoint: tuple[str, str]) -> None:
    who = endpoint_matrix()[endpoint]
    for user in USERS:
        client = await stack.signed_in(user)
        answer = await client.request(endpoint[0], path_of(endpoint))
        assert answer.status < 500, (user, answer.body)
        allowed = who in (PUBLIC, LOCAL, SESSION, SITE) or (user != "stranger" if isinstance(who, str) else user in who)
        refused_by_matrix = answer.status in FORBIDDEN and answer.body["error"] == "not_allowed"
        assert refused_by_matrix != allowed, (user, answer.status, answer.body)


async def send(client: Client, type_: str) -> tuple[int, str]:
    known = SCHEMAS[type_, 1]
    about = {"job_id": new_id()} if known.job != "never" else {}
    about |= {"permit_id": new_id()} if known.permit != "never" else {}
    # a field nobody knows: who may send it is told 422, so that nothing is recorded by this walk
    answer = await client.send(type_, PAYLOADS[type_] | {"surprise": 1}, **about)
    return answer.status, answer.body["error"]


@pytest.mark.parametrize("type_", sorted(PAYLOADS))
async def test_each_role_may_send_what_the_rules_say(stack: Stack, type_: str) -> None:
    spec = COMMANDS[type_]
    for user in USERS:
        status, error = await send(await stack.signed_in(user), type_)
        may = user != "stranger" and (spec.roles >= roles.ANYONE or user in spec.roles)
        if type_ == "stop_work":
            may = True  # a signed-in person of the site, whoever it is
        assert (status, error) == ((422, "malformed") if may else (403, "not_allowed")), user


async def test_a_403_says_who_may(stack: Stack) -> None:
    worker = await stack.signed_in("worker")
    answer = await worker.send("issue", {}, job_id=new_id(), permit_id=new_id())
    assert set(answer.body["may"]) == COMMANDS["issue"].roles


async def test_no_role_sends_to_a_site_of_others(stack: Stack) -> None:
    for user in USERS:
        client = await stack.signed_in(user)
        answer = await client.send("stop_work", {}, job_id=new_id(), site_id="elsewhere")
        assert answer.status == 403
