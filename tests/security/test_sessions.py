"""Signing in, staying signed in, proving it again, acting as somebody else; and what a browser is protected from."""

from __future__ import annotations

import http.cookies
import itertools
import time
from pathlib import Path

import aiohttp
import pytest

from services.gateway.accounts import (
    CHALLENGE_AGE_MAX_S,
    CODE_AGE_MAX_S,
    CODE_TRIES_MAX,
    FAILURES_BEFORE_LOCK,
    LOCK_FIRST_S,
    LOCK_MAX_S,
    SESSION_AGE_MAX_S,
    SESSION_IDLE_S,
    SESSIONS_PER_ACCOUNT_MAX,
    Accounts,
    Locked,
    WeakPassword,
    WrongCredentials,
)
from services.gateway.limiter import Limiter
from tests.support.stack import PASSWORD, Stack, new_id, text

pytestmark = pytest.mark.asyncio(loop_scope="session")


# ---- the accounts themselves, with a clock of the test's ------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock) -> Accounts:
    made = Accounts(f"sqlite:///{tmp_path / 'accounts.db'}", clock)
    made.create("w1", "p1", ["demo", "real"], password=PASSWORD)
    return made


def refused(accounts: Accounts, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            accounts.sign_in("w1", "wrong password")


async def test_wrong_passwords_lock_the_account_longer_each_time(accounts: Accounts, clock: Clock) -> None:
    refused(accounts, FAILURES_BEFORE_LOCK)
    with pytest.raises(Locked) as locked:
        accounts.sign_in("w1", PASSWORD)
    assert locked.value.seconds == LOCK_FIRST_S + 1
    clock.now += LOCK_FIRST_S + 1
    refused(accounts, 1)
    with pytest.raises(Locked) as longer:
        accounts.sign_in("w1", PASSWORD)
    assert longer.value.seconds == 2 * LOCK_FIRST_S + 1
    clock.now += LOCK_MAX_S
    assert accounts.sign_in("w1", PASSWORD)[1].person_id == "p1"
    refused(accounts, FAILURES_BEFORE_LOCK - 1)  # a good one began the count anew


async def test_a_challenge_is_good_once_and_for_a_minute(accounts: Accounts, clock: Clock) -> None:
    challenge, late = accounts.new_challenge(), accounts.new_challenge()
    clock.now += CHALLENGE_AGE_MAX_S
    accounts.spend_challenge(challenge)
    with pytest.raises(WrongCredentials):
        accounts.spend_challenge(challenge)
    clock.now += 1
    for spent in (late, "never handed out"):
        with pytest.raises(WrongCredentials):
            accounts.spend_challenge(spent)


async def test_a_key_signs_in_its_own_person_on_its_own_site(accounts: Accounts) -> None:
    token, found = accounts.sign_in_by_key("p1", "real")
    assert (found.works_no, found.person_id, found.site_id) == ("w1", "p1", "real")
    assert accounts.session_of(token) is not None
    for person, site in (("p1", "elsewhere"), ("p2", "real")):
        with pytest.raises(WrongCredentials):
            accounts.sign_in_by_key(person, site)


async def test_a_session_ends_when_it_is_idle_or_old(accounts: Accounts, clock: Clock) -> None:
    token, _ = accounts.sign_in("w1", PASSWORD)
    clock.now += SESSION_IDLE_S
    assert accounts.session_of(token) is not None
    clock.now += SESSION_IDLE_S + 1
    assert accounts.session_of(token) is None
    token, _ = accounts.sign_in("w1", PASSWORD)
    for _ in range(int(SESSION_AGE_MAX_S / SESSION_IDLE_S)):
        clock.now += SESSION_IDLE_S - 1
        assert accounts.session_of(token) is not None
    clock.now += SESSION_IDLE_S - 1
    assert accounts.session_of(token) is None


async def test_a_code_sets_a_password_once_and_ends_every_session(accounts: Accounts) -> None:
    token, _ = accounts.sign_in("w1", PASSWORD)
    code = accounts.issue_code("w1")
    with pytest.raises(WeakPassword):
        accounts.set_password("w1", code, "short")
    accounts.set_password("w1", code.lower().replace("-", " "), "another long one")
    assert accounts.session_of(token) is None
    with pytest.raises(WrongCredentials):
        accounts.set_password("w1", code, "a third long one")
    assert accounts.sign_in("w1", "another long one")


async def test_a_code_is_spent_by_time_and_by_guessing(accounts: Accounts, clock: Clock) -> None:
    code = accounts.issue_code("w1")
    clock.now += CODE_AGE_MAX_S
    with pytest.raises(WrongCredentials):
        accounts.set_password("w1", code, "another long one")
    code = accounts.issue_code("w1")
    for _ in range(CODE_TRIES_MAX):
        with pytest.raises(WrongCredentials):
            accounts.set_password("w1", "AAAAA-AAAAA", "another long one")
    with pytest.raises(WrongCredentials):
        accounts.set_password("w1", code, "another long one")


async def test_a_code_signs_in_once_and_leaves_the_password_and_other_sessions(accounts: Accounts) -> None:
    token, _ = accounts.sign_in("w1", PASSWORD)
    code = accounts.issue_code("w1")
    other, found = accounts.sign_in_by_code("w1", code.lower().replace("-", " "))
    assert (found.works_no, found.person_id, found.authenticated_at) == ("w1", "p1", found.created_at)
    assert accounts.session_of(token) is not None
    assert accounts.session_of(other) is not None
    assert accounts.sign_in("w1", PASSWORD)
    for spend in (accounts.sign_in_by_code, lambda *given: accounts.set_password(*given, "another long one")):
        with pytest.raises(WrongCredentials):
            spend("w1", code)


async def test_a_code_for_signing_in_is_spent_by_time_and_by_guessing(accounts: Accounts, clock: Clock) -> None:
    code = accounts.issue_code("w1")
    clock.now += CODE_AGE_MAX_S
    with pytest.raises(WrongCredentials):
        accounts.sign_in_by_code("w1", code)
    code = accounts.issue_code("w1")
    for _ in range(CODE_TRIES_MAX):
        with pytest.raises(WrongCredentials):
            accounts.sign_in_by_code("w1", "AAAAA-AAAAA")
    with pytest.raises(WrongCredentials):
        accounts.sign_in_by_code("w1", code)


@pytest.mark.parametrize("who", ["w1", "nobody"])
async def test_whoever_has_no_code_is_not_signed_in_by_one(accounts: Accounts, who: str) -> None:
    for code in ("", "AAAAA-AAAAA"):
        with pytest.raises(WrongCredentials):
            accounts.sign_in_by_code(who, code)


async def test_whoever_acts_as_somebody_reaches_that_one_site_only(accounts: Accounts) -> None:
    token, session = accounts.sign_in("w1", PASSWORD)
    acting = accounts.act_as(session, "p2", "demo")
    assert (acting.person_id, acting.sites) == ("p2", ("demo",))
    found = accounts.session_of(token)
    assert found is not None
    assert (found.person_id, found.sites) == ("p2", ("demo",))
    assert accounts.act_as(found, "p1", "demo").sites == ("demo", "real")


async def test_the_oldest_of_too_many_sessions_goes(accounts: Accounts, clock: Clock) -> None:
    tokens = []
    for _ in range(SESSIONS_PER_ACCOUNT_MAX + 1):
        clock.now += 1
        tokens.append(accounts.sign_in("w1", PASSWORD)[0])
    assert [accounts.session_of(token) is not None for token in tokens] == [False] + [True] * SESSIONS_PER_ACCOUNT_MAX


async def test_a_limiter_counts_within_its_window_for_each_key() -> None:
    seconds = itertools.count()
    limiter = Limiter("test", 3, 60, now=lambda: float(next(seconds)))
    for _ in range(3):
        limiter.mark("a")
    assert limiter.wait_s("a") > 0
    assert limiter.wait_s("b") == 0
    for _ in range(60):
        next(seconds)
    assert limiter.wait_s("a") == 0


# ---- over HTTP ------------------------------------------------------------------------------------------------------


async def test_a_cookie_is_http_only_and_strict_and_needs_the_pages_token(stack: Stack) -> None:
    async with aiohttp.ClientSession() as browser:
        credentials = {"user": "worker", "password": PASSWORD}
        async with browser.post(stack.url + "/api/sign-in", json=credentials) as response:
            told = await response.json()
            cookie = http.cookies.SimpleCookie(response.headers["Set-Cookie"])["sevengates_session"]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        headers = {"Cookie": f"sevengates_session={cookie.value}"}
        stop = {"command_id": new_id(), "type": "stop_work", "version": 1, "site_id": "demo", "lang": "en"}
        stop |= {"payload": {}, "job_id": new_id()}
        for sent, status in (
            ({}, 403),
            ({"X-CSRF-Token": "guess"}, 403),
            ({"X-CSRF-Token": told["csrf"], "Origin": "https://elsewhere.example"}, 403),
            ({"X-CSRF-Token": told["csrf"], "Origin": stack.url}, 200),
        ):
            answer = await stack.request("POST", "/api/commands", json=stop, headers={**headers, **sent})
            assert answer.status == status, (sent, answer.body)
        await stack.request("POST", "/api/sign-out", headers={**headers, "X-CSRF-Token": told["csrf"]})
        assert (await stack.request("GET", "/api/me", headers=headers)).status == 401


async def test_wrong_user_and_wrong_password_answer_alike(stack: Stack) -> None:
    answers = [
        await stack.request("POST", "/api/sign-in", json={"user": user, "password": "wrong password"})
        for user in ("applicant", "no-such-person")
    ]
    assert [(answer.status, answer.body) for answer in answers] == [(401, {"error": "sign_in_refused"})] * 2


async def test_a_locked_account_says_how_long(stack: Stack) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        await stack.request("POST", "/api/sign-in", json={"user": "cross_coord", "password": "wrong password"})
    answer = await stack.request("POST", "/api/sign-in", json={"user": "cross_coord", "password": PASSWORD})
    assert (answer.status, answer.body["limit"]) == (429, "sign_in_failures")
    assert int(answer.headers["Retry-After"]) > 0
    admin = await stack.signed_in("admin")
    code = (await admin.post("/api/one-time-codes", {"user": "cross_coord"})).body["code"]
    body = {"user": "cross_coord", "code": code, "password": PASSWORD}
    assert (await stack.request("POST", "/api/set-password", json=body)).status == 200
    assert (await stack.signed_in("cross_coord")).person_id == "p-cross_coord"


async def test_proving_again_moves_the_time_of_proof(stack: Stack) -> None:
    hse = await stack.signed_in("hse")
    before = (await hse.get("/api/me")).body["authenticated_at"]
    time.sleep(0.01)
    assert (await hse.post("/api/re-authenticate", {"password": "wrong password"})).status == 401
    assert (await hse.get("/api/me")).body["authenticated_at"] == before
    after = (await hse.post("/api/re-authenticate", {"password": PASSWORD})).body["authenticated_at"]
    assert (await hse.get("/api/me")).body["authenticated_at"] == after > before


async def test_acting_as_somebody_is_for_simulated_sites(stack: Stack) -> None:
    client = await stack.signed_in("worker", anew=True)
    refused_there = await client.post("/api/act-as", {"person_id": "p-hse", "site_id": "real"})
    assert (refused_there.status, refused_there.body["error"]) == (403, "not_allowed")
    assert (await client.post("/api/act-as", {"person_id": "p-unheard-of"})).status == 404
    assert (await client.post("/api/act-as", {"person_id": "p-hse"})).body["sites"] == ["demo"]
    me = (await client.get("/api/me")).body
    assert (me["person_id"], me["own_person_id"], me["roles"]) == ("p-hse", "p-worker", ["hse"])
    on_real = await client.send("declare_emergency", {"reason": text()}, site_id="real")
    assert on_real.status == 403
    back = await client.post("/api/act-as", {"person_id": "p-worker"})
    assert {"demo", "real"} <= set(back.body["sites"])


async def test_every_answer_carries_the_security_headers(stack: Stack) -> None:
    for path in ("/healthz", "/api/me", "/api/openapi.json", "/nowhere", "/api/nowhere", "/static/nowhere.css"):
        answer = await stack.request("GET", path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Server" not in answer.headers


async def test_a_name_that_is_not_ours_is_not_served(stack: Stack) -> None:
    for host, status in (("evil.example", 421), ("localhost:1", 401), ("[", 421), ("", 421)):
        answer = await stack.request("GET", "/api/me", headers={"Host": host})
        assert answer.status in (status, 400), (host, answer.status)
    assert (await stack.request("GET", "/healthz", headers={"Host": "10.0.0.7"})).status == 200


async def test_metrics_are_for_this_machine(stack: Stack) -> None:
    page = (await stack.request("GET", "/metrics")).body.decode()
    assert "# TYPE sevengates_command_answer_seconds histogram" in page
    assert 'sevengates_site_halted{site="demo"} 0' in page
    assert (await stack.request("GET", "/metrics", headers={"X-Forwarded-For": "10.0.0.7"})).status == 403


async def test_the_probes_say_it_serves(stack: Stack) -> None:
    assert (await stack.request("GET", "/healthz")).status == 200
    assert (await stack.request("GET", "/readyz")).body == {"ready": True, "log": True, "register": True}
