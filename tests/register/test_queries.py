"""What the read side answers: commands, boards, jobs, tickets, trails, searches, alarms, documents."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services import sql
from services.log import Record
from services.log.dead_letters import DEAD_LETTERS
from services.register.bell import bell_of
from services.register.projector import Projector
from services.register.queries import Queries, open_queries
from services.register.search import Filters
from services.seven_steps import site_time
from services.seven_steps.codec import plain
from services.seven_steps.gate import Boundary
from services.seven_steps.judge import judge
from tests.flow.world import HOT, JOB, PIT, RULES
from tests.register.worlds import CLOSURE_PDF, PHOTO, LoggedWorld, eventful, sealed, walked
from tests.tools.databases import BOTH, fresh_database

JOB_NO, HOT_NO, PIT_NO = "PA-J-20261118-0001", "PA-HW-20261118-0002", "PA-CS-20261118-0003"


@pytest.fixture(scope="module", params=BOTH)
def closed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """A register in which the main job has been sealed and has left the board."""
    yield from register_of(sealed(), request.param, tmp_path_factory.mktemp("closed"))


@pytest.fixture(scope="module", params=BOTH)
def live(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Queries]:
    """A register in which the main job is at work, and everything that may happen has happened."""
    yield from register_of(BUSY, request.param, tmp_path_factory.mktemp("live"))


BUSY = eventful(11, 80)


def register_of(w: LoggedWorld, kind: str, folder: Path) -> Iterator[Queries]:
    for url in fresh_database(kind, folder):
        projector = Projector(sql.open_database(url, durable=False), bell_of(url))
        projector.prepare()
        projector.apply("outcomes", 0, w.records())
        queries = open_queries(url)
        yield queries
        queries.close()
        projector.engine.dispose()


# ---- answers -------------------------------------------------------------------------------------------------------


def test_every_command_has_the_answer_of_its_outcome(live: Queries) -> None:
    for number, (command_id, value, outcome) in enumerate(zip(BUSY.ids, BUSY.values, BUSY.outcomes, strict=True), 1):
        answer = live.answer(command_id)
        assert answer is not None
        assert (answer["site_id"], answer["site_seq"]) == ("site-a", number)
        assert answer["verdict"] == outcome.verdict
        assert answer["body"] == json.loads(value.partition(b"\n")[2])
        assert answer["command_sha256"] == live.command_sha256(command_id) == answer["body"]["command_sha256"]


def test_an_answer_names_the_numbers_that_were_given(closed: Queries) -> None:
    w = sealed()
    of_type = {json.loads(v.partition(b"\n")[2])["client"]["type"]: i for v, i in zip(w.values, w.ids, strict=True)}
    created = closed.answer(of_type["create_job"])
    issued = closed.answer(of_type["issue"])
    registered = closed.answer(of_type["register_person"])
    assert created is not None and issued is not None and registered is not None
    assert (created["job_no"], created["permit_no"]) == (JOB_NO, None)
    assert (issued["job_no"], issued["permit_no"]) == (JOB_NO, PIT_NO)
    assert (registered["job_no"], registered["permit_no"]) == (None, None)


def test_nothing_is_known_of_a_command_nobody_sent(live: Queries) -> None:
    assert live.answer("00000000-0000-0000-0000-000000000000") is None
    assert live.command_sha256("00000000-0000-0000-0000-000000000000") is None


def dead_letter(offset: int, command_id: str | None, reason: str, at: datetime, value: bytes = b"{}") -> Record:
    header = {
        "dead_letter": 1,
        "reason": reason,
        "detail": "what was wrong",
        "service": "decider",
        "command_id": command_id,
        "topic": "commands",
        "partition": 0,
        "offset": offset,
        "key": "c2l0ZS1h",
        "cut": False,
        "at": at.isoformat(),
    }
    return Record(DEAD_LETTERS, 0, offset, b"site-a", json.dumps(header).encode() + b"\n" + value, at)


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
IN_THE_BODY = b'{"client": {"command_id": "c-body"}}'


@pytest.mark.parametrize(
    ("letter", "command_id", "verdict"),
    [
        (dead_letter(0, "c-1", "malformed", NOW), "c-1", "dead_letter"),
        (dead_letter(0, "c-1", "site_halted", NOW), "c-1", "not_decided"),
        (dead_letter(0, None, "malformed", NOW, IN_THE_BODY), "c-body", "dead_letter"),
    ],
)
def test_a_command_that_was_not_decided_is_answered_by_its_dead_letter(
    projector: Projector, queries: Queries, letter: Record, command_id: str, verdict: str
) -> None:
    projector.apply(DEAD_LETTERS, 0, [letter])
    answer = queries.answer(command_id)
    assert answer is not None
    assert (answer["verdict"], answer["site_id"], answer["detail"]) == (verdict, "site-a", "what was wrong")


def test_bytes_that_are_no_dead_letter_stop_nobody(projector: Projector, queries: Queries) -> None:
    broken = [Record(DEAD_LETTERS, 0, n, b"\xff", value, NOW) for n, value in enumerate((b"", b"\xff\x00", b"{}\n"))]
    projector.apply(DEAD_LETTERS, 0, [*broken, dead_letter(3, "c-1", "malformed", NOW)])
    assert queries.answer("c-1") is not None


def test_a_dead_letter_from_before_it_was_sent_again_is_passed_over(projector: Projector, queries: Queries) -> None:
    projector.apply(DEAD_LETTERS, 0, [dead_letter(0, "c-1", "site_halted", NOW)])
    assert queries.answer("c-1", after=NOW) is not None
    assert queries.answer("c-1", after=NOW + timedelta(seconds=1)) is None
    projector.apply(DEAD_LETTERS, 0, [dead_letter(1, "c-1", "malformed", NOW + timedelta(seconds=2))])
    again = queries.answer("c-1", after=NOW + timedelta(seconds=1))
    assert again is not None and again["reason"] == "malformed"


@pytest.mark.parametrize("first", ["letter", "outcome"])
def test_an_outcome_is_the_answer_whatever_dead_letters_there_are(
    projector: Projector, queries: Queries, first: str
) -> None:
    w = walked("site")
    letter = dead_letter(0, w.ids[0], "site_halted", NOW)
    if first == "letter":
        projector.apply(DEAD_LETTERS, 0, [letter])
    projector.apply("outcomes", 0, w.records())
    if first == "outcome":
        projector.apply(DEAD_LETTERS, 0, [letter])
    answer = queries.answer(w.ids[0])
    assert answer is not None and answer["verdict"] == "accepted"


def test_the_first_outcome_of_an_id_stays_its_answer(projector: Projector, queries: Queries) -> None:
    w = walked("site")
    w.do("admin", "register_person", {"person_id": "again"} | PERSON, command_id=w.ids[3])
    projector.apply("outcomes", 0, w.records())
    answer = queries.answer(w.ids[3])
    assert answer is not None and answer["site_seq"] == 4


PERSON = {"roles": ["worker"], "trades": [], "unit": "U", "vault_sha256": "0" * 64}


def test_many_may_open_an_empty_register_at_the_same_time(url: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        opened = list(threads.map(open_queries, [url] * 16))
    assert [queries.sites() for queries in opened] == [[]] * 16
    for queries in opened:
        queries.close()


# ---- positions -----------------------------------------------------------------------------------------------------


async def test_whoever_waits_for_a_record_is_woken_when_it_is_applied(url: str, projector: Projector) -> None:
    ringing = Projector(projector.engine, bell_of(url))
    queries = open_queries(url)
    w = walked("site")
    waiting = [asyncio.create_task(queries.reached(w.site, seq, 20)) for seq in (1, 5, len(w.values))]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    await asyncio.to_thread(ringing.apply, "outcomes", 0, w.records()[:5])
    assert await waiting[0] and await waiting[1]
    assert not waiting[2].done()
    await asyncio.to_thread(projector.apply, "outcomes", 0, w.records())  # nobody rings: another process
    assert await waiting[2]
    queries.close()


async def test_a_thousand_who_wait_cost_one_look(url: str, projector: Projector) -> None:
    queries = open_queries(url)
    w = walked("site")
    waiting = [asyncio.create_task(queries.reached(w.site, 1 + n % len(w.values), 20)) for n in range(1_000)]
    await asyncio.sleep(0.05)
    await asyncio.to_thread(projector.apply, "outcomes", 0, w.records())
    assert all(await asyncio.gather(*waiting))
    queries.close()


async def test_waiting_ends_in_time_when_the_record_does_not_come(live: Queries) -> None:
    assert not await live.reached("site-a", len(BUSY.values) + 1, 0.1)
    assert not await live.reached("no-such-site", 1, 0.0)
    assert await live.reached("site-a", len(BUSY.values), 0.0)


async def test_the_heads_it_has_built_on_are_vouched_for(live: Queries) -> None:
    (head,) = await live.vouched(0)
    assert (head.site_id, head.site_seq, head.record_hash) == ("site-a", BUSY.board.seq, BUSY.board.head)
    assert await live.vouched(1) == []


# ---- boards --------------------------------------------------------------------------------------------------------


def test_gates_are_judged_alike_on_the_registers_board_and_on_the_deciders(live: Queries) -> None:
    board = live.board_of("site-a")
    assert board is not None
    for boundary in Boundary:
        ours = judge(board, boundary, board.jobs[JOB], board.permits[HOT], BUSY.now, RULES)
        theirs = judge(BUSY.board, boundary, BUSY.job, BUSY.permit(HOT), BUSY.now, RULES)
        assert [plain_verdict(v) for v in ours] == [plain_verdict(v) for v in theirs]


def plain_verdict(verdict: object) -> tuple[object, ...]:
    return (verdict.gate.ref, verdict.about, verdict.missing, verdict.evidence)  # type: ignore[attr-defined]


def test_an_unknown_site_has_no_board(live: Queries) -> None:
    assert live.board_of("nowhere") is None and live.board_view("nowhere") is None and live.site("nowhere") is None


def test_the_view_of_a_site_lists_what_is_live_by_area_and_state(live: Queries) -> None:
    view = live.board_view("site-a")
    assert view is not None
    assert {row["job_id"] for row in view["jobs"]} == set(BUSY.board.jobs)
    assert {(row["permit_id"], row["state"]) for row in view["permits"]} == {
        (permit.permit_id, permit.state) for permit in BUSY.board.permits.values()
    }
    assert [area["area_id"] for area in view["areas"]] == list(BUSY.board.areas)
    counted = {(area["area_id"], state): n for area in view["areas"] for state, n in area["counts"].items()}
    expected: dict[tuple[str, str], int] = {}
    for permit in BUSY.board.permits.values():
        expected[permit.area_id, permit.state] = expected.get((permit.area_id, permit.state), 0) + 1
    assert counted == expected


@pytest.mark.parametrize(
    ("filters", "fits"),
    [
        (Filters(area_id="yard"), lambda p: p.area_id == "yard"),
        (Filters(type="confined_space"), lambda p: p.type == "confined_space"),
        (Filters(state="open"), lambda p: p.state == "open"),
        (Filters(person_id="cutter"), lambda p: p.job_id == JOB),
        (Filters(equipment_tag="3102"), lambda p: p.job_id == JOB),
    ],
)
def test_the_view_shows_only_tickets_that_fit(live: Queries, filters: Filters, fits: object) -> None:
    view = live.board_view("site-a", filters)
    assert view is not None
    expected = {p.permit_id for p in BUSY.board.permits.values() if fits(p)}  # type: ignore[operator]
    assert expected and {row["permit_id"] for row in view["permits"]} == expected


# ---- jobs, tickets, trails -----------------------------------------------------------------------------------------


def test_a_live_job_is_shown_as_it_stands_on_the_board(live: Queries) -> None:
    view = live.job_view(JOB)
    assert view is not None
    assert view["live"] and view["site_seq"] == BUSY.board.seq
    assert view["job"] == plain(BUSY.job)
    assert {p["permit_id"]: p for p in view["permits"]} == {p: plain(BUSY.permit(p)) for p in (HOT, PIT)}
    assert [row["permit_no"] for row in view["permit_rows"]] == [PIT_NO, HOT_NO]
    alarms = {a.alarm_id for a in BUSY.board.alarms.values() if a.job_id == JOB}
    assert {a["alarm_id"] for a in view["alarms"]} == alarms
    concerns = [plain(c) for c in BUSY.board.concerns.values() if c.job_id == JOB]
    assert view["concerns"] == concerns and view["late_arrivals"] == []


def test_a_closed_job_is_kept_as_it_left_the_board(closed: Queries) -> None:
    board, view = closed.board_of("site-a"), closed.job_view(JOB)
    assert board is not None and JOB not in board.jobs and JOB in board.tombstones
    assert view is not None
    assert not view["live"] and view["job"]["state"] == "closed" and view["row"]["closed_at"]
    assert {(p["permit_id"], p["state"]) for p in view["permits"]} == {(HOT, "accepted"), (PIT, "accepted")}
    assert [(d["sha256"], d["kind"]) for d in view["documents"]] == [(CLOSURE_PDF, "closure")]
    empty = closed.board_view("site-a")
    assert empty is not None and empty["jobs"] == [] and empty["permits"] == []


def test_a_job_or_ticket_is_found_by_its_number_on_the_sites_one_may_see(closed: Queries) -> None:
    by_no = closed.permit_by_no(HOT_NO)
    assert by_no is not None and (by_no["permit_id"], by_no["job_id"], by_no["site_id"]) == (HOT, JOB, "site-a")
    assert closed.permit(HOT) == by_no
    job = closed.job_by_no(JOB_NO, ["site-a"])
    assert job is not None and job["job_id"] == JOB
    for ask, name in ((closed.permit_by_no, HOT_NO), (closed.permit, HOT), (closed.job_by_no, JOB_NO)):
        assert ask(name, ["site-b"]) is None and ask("nothing") is None
    assert closed.job_view(JOB, ["site-b"]) is None and closed.job_view("nothing") is None


def test_what_arrives_late_for_a_closed_job_is_shown_with_it(projector: Projector, queries: Queries) -> None:
    w = sealed()
    w.do("mate", "record_concern", {"what": {"lang": "en", "text": "ladder left"}}, job_id=JOB)
    w.do("cutter", "leave", {"person_id": "cutter"}, job_id=JOB, permit_id=PIT)
    projector.apply("outcomes", 0, w.records())
    view = queries.job_view(JOB)
    assert view is not None
    assert [late["type"] for late in view["late_arrivals"]] == [
        late.type for late in w.board.late_arrivals.values() if late.job_id == JOB
    ]
    assert view["late_arrivals"]
    assert queries.trail(job_id=JOB, limit=500)[-1]["type"] == "leave"


def test_the_trail_of_a_job_has_every_record_about_it_in_order(closed: Queries) -> None:
    w = sealed()
    bodies = [json.loads(value.partition(b"\n")[2]) for value in w.values]
    about = [n for n, body in enumerate(bodies, 1) if body["client"].get("job_id") == JOB]
    found = closed.trail(job_id=JOB, limit=500)
    assert [row["site_seq"] for row in found] == about
    assert all(row["body"] == bodies[row["site_seq"] - 1] for row in found)
    first = closed.trail(job_id=JOB, limit=10)
    rest = closed.trail(job_id=JOB, after=first[-1]["site_seq"], limit=500)
    assert first + rest == found


def test_the_trail_of_a_ticket_leaves_out_the_other_ticket(closed: Queries) -> None:
    permits = {row["permit_id"] for row in closed.trail(permit_id=HOT, limit=500)}
    assert permits == {None, HOT}
    assert closed.trail(permit_id="nothing") == [] and closed.trail(job_id="nothing") == []


def test_an_emergency_in_its_area_stands_in_the_trail_of_the_tickets_it_stopped(
    projector: Projector, queries: Queries
) -> None:
    w = walked("active")
    w.ok("cutter", "declare_emergency", {"area_id": "farm", "reason": {"lang": "en", "text": "leak"}})
    projector.apply("outcomes", 0, w.records())
    for permit_id in (HOT, PIT):
        last = queries.trail(permit_id=permit_id, limit=500)[-1]
        assert (last["type"], last["job_id"]) == ("declare_emergency", None)


def test_one_record_of_a_chain_is_read_by_its_number(closed: Queries) -> None:
    record = closed.outcome("site-a", 1)
    assert record is not None and record["type"] == "register_site" and record["body"]["body"] == 1
    assert closed.outcome("site-a", 10_000) is None


# ---- search --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), True),
        (Filters(number="PA-HW-20261118-0002"), True),
        (Filters(number="pa-j-2026"), True),
        (Filters(number="PA-HW-20261119"), False),
        (Filters(number="PA_HW%"), False),
        (Filters(words="seized FLANGE"), True),
        (Filters(words="V-12"), True),
        (Filters(words="%"), False),
        (Filters(person_id="cutter"), True),
        (Filters(person_id="safety"), True),
        (Filters(person_id="admin"), False),
        (Filters(area_id="farm"), True),
        (Filters(area_id="yard"), False),
        (Filters(equipment_tag="p-3102"), True),
        (Filters(equipment_tag="P-9"), False),
        (Filters(day_from="2026-11-19", day_to="2026-11-19"), True),
        (Filters(day_from="2026-11-20"), False),
        (Filters(day_to="2026-11-17"), False),
        (Filters(day_from="2026-11-18", day_to="2026-11-18"), True),
        (Filters(type="hot_work", state="accepted"), True),
        (Filters(type="general"), False),
        (Filters(level="1"), True),
        (Filters(level="special"), False),
        (Filters(state="closed"), True),
        (Filters(live=True), False),
        (Filters(live=False), True),
        (Filters(number="PA-HW", person_id="admin"), False),
    ],
)
def test_a_closed_job_is_found_by_what_it_was(closed: Queries, filters: Filters, found: bool) -> None:
    result = closed.search(["site-a"], filters)
    assert [row["job_id"] for row in result["jobs"]] == ([JOB] if found else [])
    assert closed.search(["site-b"], filters)["jobs"] == [] == closed.search([], filters)["jobs"]
    if found:
        assert [p["permit_no"] for p in result["jobs"][0]["permits"]] == [PIT_NO, HOT_NO]


def test_a_search_comes_page_by_page_newest_first(live: Queries) -> None:
    everything = live.search(["site-a"], Filters(), limit=500)["jobs"]
    assert len(everything) > 5
    assert everything == sorted(everything, key=lambda r: (r["created_at"], r["job_no"]), reverse=True)
    pages, offset = [], 0
    while True:
        page = live.search(["site-a"], Filters(), limit=2, offset=offset)
        pages += page["jobs"]
        offset += 2
        if not page["more"]:
            break
    assert pages == everything


# ---- alarms and documents ------------------------------------------------------------------------------------------


def test_alarms_are_listed_by_their_state(live: Queries) -> None:
    on_board = {a.alarm_id: a for a in BUSY.board.alarms.values()}
    still_open = {a.alarm_id for a in on_board.values() if a.closed is None}
    assert {a["alarm_id"] for a in live.alarms("site-a")} == still_open
    everything = live.alarms("site-a", states=("open", "acknowledged", "closed"))
    assert set(on_board) <= {a["alarm_id"] for a in everything}
    for alarm in everything:
        if alarm["alarm_id"] in on_board:
            assert {k: v for k, v in alarm.items() if k not in ("state", "site_id")} == plain(
                on_board[alarm["alarm_id"]]
            )


def test_a_document_is_known_by_the_records_that_name_it(live: Queries) -> None:
    named = live.document_references(PHOTO)
    assert named and {(row["kind"], row["job_id"], row["permit_id"]) for row in named} == {("photo", JOB, HOT)}
    assert live.document_references("0" * 64) == [], "hashes of people and briefings are no documents"
    assert live.documents_named() == {PHOTO}


PURGES = [("one second before the job was closed", -1, {CLOSURE_PDF}), ("when it was closed", 0, set())]


@pytest.mark.parametrize(("name", "seconds", "stay"), PURGES, ids=[row[0] for row in PURGES])
def test_a_purge_lets_the_documents_of_jobs_closed_until_then_go(
    name: str, seconds: int, stay: set[str], tmp_path: Path
) -> None:
    w = walked("closed")
    assert w.job.closed is not None
    until = site_time.stamp(w.job.closed.at + timedelta(seconds=seconds))
    seal = {"kind": "closure", "sha256": CLOSURE_PDF, "level": "B-B", "records_to": w.board.seq}
    w.job_ok("service:sealer", "record_seal", seal)
    w.later(days=400)
    w.ok("hse", "purge", {"what": "videos", "closed_to": until})
    assert [queries.documents_named() for queries in register_of(w, "sqlite", tmp_path)] == [{CLOSURE_PDF}]
    w.ok("hse", "purge", {"what": "documents", "closed_to": until})
    assert [queries.documents_named() for queries in register_of(w, "sqlite", tmp_path)] == [stay]


def test_documents_of_a_plan_are_named_with_their_kind_and_ticket(projector: Projector, queries: Queries) -> None:
    w = walked("before_plan")
    payload = {
        "documents": [{"kind": "lifting_plan", "sha256": "d4" * 32, "permit_id": PIT}, {"kind": "x", "sha256": "no"}]
    }
    w.do("nobody", "record_plan", payload, job_id=JOB)
    projector.apply("outcomes", 0, w.records())
    (row,) = queries.document_references("d4" * 32)
    assert (row["kind"], row["permit_id"], row["accepted"]) == ("lifting_plan", PIT, False)
