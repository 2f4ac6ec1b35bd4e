"""What a briefing tells of the work nearby: who, how near, the unsettled first, and what was agreed while it counts."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from services.gateway.pages import nearby
from services.gateway.pages.formats import Formats
from services.gateway.pages.render import environment
from services.gateway.texts import texts
from services.seven_steps.board import Board
from tests.flow.neighbours import HERE, THERE, Ticket, site, stand
from tests.flow.test_coordination import HOT, SPACE, coordinate, sign, world
from tests.flow.world import DAY_TWO


class People:
    def __init__(self) -> None:
        self.seen: set[str] = set()

    def see(self, person_id: str) -> None:
        self.seen.add(person_id)

    def see_all(self, ids: Any) -> None:
        self.seen |= set(ids)


def told(board: Board, *permits: str) -> nearby.Nearby:
    view: Any = SimpleNamespace(board=board, now=DAY_TWO, said=texts("en"), people=People())
    found = nearby.of_tickets(view, [board.permits[one] for one in permits or (HERE,)])
    assert {one.job.work_lead for one in found.shown} <= view.people.seen
    return found


def test_an_agreement_is_told_once_it_is_signed_for_both_and_until_a_ticket_changes() -> None:
    w = world()
    (one,) = told(w.board).shown
    assert (one.permit.permit_id, one.agreed, one.urgent) == (THERE, (), 0)
    (one,) = told(coordinate(w).board).shown
    assert one.agreed == ()
    (one,) = told(sign(w, "area").board).shown
    assert one.urgent == 1
    assert [said.measures for said in one.agreed] == [["continuous gas detection at both"]]
    assert one.agreed[0].made.stated.text == "a monitor at each, radio channel 3"
    permits = {**w.board.permits, THERE: replace(w.board.permits[THERE], content_seq=w.board.seq)}
    (one,) = told(replace(w.board, permits=permits)).shown
    assert (one.agreed, one.urgent) == ((), 0)


def test_beside_two_tickets_of_a_job_other_work_is_told_once_at_its_nearest() -> None:
    tickets = {
        HERE: Ticket(at=("0", "0")),
        "also-here": Ticket("height", at=("50", "0")),
        "x": Ticket("general", at=("60", "0")),
    }
    board = stand(site(), tickets)
    ours = {HERE: board.permits[HERE], "also-here": replace(board.permits["also-here"], job_id=f"job of {HERE}")}
    (one,) = told(replace(board, permits={**board.permits, **ours}), HERE, "also-here").shown
    assert (one.permit.permit_id, one.near_m, one.have) == ("x", Decimal(10), "at least 10 m away")


def test_a_place_that_nobody_knows_is_said_and_so_is_that_there_is_nobody() -> None:
    found = told(stand(site(), {HERE: Ticket()}))
    assert (list(found.shown), found.more, len(found.unplaced)) == ([], 0, 1)
    assert list(told(stand(site(), {HERE: Ticket(at=("0", "0"))})).unplaced) == []


def test_what_is_not_settled_stands_first_and_no_more_are_shown_than_fit() -> None:
    for many in (nearby.SHOWN_MAX, nearby.SHOWN_MAX + 1):
        quiet = {f"t{n:02d}": Ticket(at=("90", "0")) for n in range(many - 1)}
        found = told(stand(site(), {HERE: HOT, **quiet, THERE: SPACE}))
        assert (len(found.shown), found.more) == (nearby.SHOWN_MAX, many - nearby.SHOWN_MAX)
        assert found.shown[0].permit.permit_id == THERE


def test_linked_work_is_told_however_far_it_is() -> None:
    board = stand(site(), {HERE: Ticket(at=("0", "0")), "far": Ticket(at=("9000", "0"))})
    ours = {HERE: replace(board.permits[HERE], related=frozenset({"far"}))}
    (one,) = told(replace(board, permits={**board.permits, **ours})).shown
    assert (one.permit.permit_id, one.linked, one.have) == ("far", True, "")


def shown(board: Board, lang: str) -> str:
    said = texts(lang)
    html = environment().get_template("nearby.html").render(
        briefing={"neighbours": told(board)}, t=said.t, tn=said.tn, word=said.word, name=str,
        fmt=Formats(said, ZoneInfo("Asia/Shanghai")), static=str,
    )  # fmt: skip
    assert "⟦" not in html
    return re.sub(r"<[^>]+>|\s+", " ", html)


def test_who_what_where_when_and_what_was_agreed_stand_in_words() -> None:
    board = sign(coordinate(world()), "area").board
    found = shown(board, "en")
    for said in ("Confined space", "tank 7", "lead", "coordinated", "Agreed:", "a monitor at each, radio channel 3"):
        assert said in found, said
    assert "已商定：" in shown(board, "zh-CN")


def test_that_nobody_is_near_is_said_as_far_as_it_is_known() -> None:
    placed, anywhere = (stand(site(), {HERE: Ticket(at=at)}) for at in (("0", "0"), None))
    assert "No other work nearby" in shown(placed, "en")
    assert "No other work in the same area" in shown(anywhere, "en")
