"""What is looked up on the board is what a search would find: after every record of any walk."""

from __future__ import annotations

import random

import pytest

from services.seven_steps import board_index
from services.seven_steps.board import Board
from services.seven_steps.codec import plain, restore
from tests.flow import walk
from tests.flow.test_invariants import STEPS, WALKS, random_command
from tests.flow.world import HOT, JOB, World


def anew(board: Board) -> board_index.Index:
    return board_index.built(board.jobs.values(), board.permits.values(), board.certificates.values())


@pytest.mark.parametrize("seed", range(10))
def test_the_index_is_what_the_board_holds_after_every_record(seed: int) -> None:
    dice = random.Random(seed)
    w = WALKS[seed % len(WALKS)]()
    assert w.board.index == anew(w.board)
    for _ in range(STEPS):
        random_command(w, dice)
        assert w.board.index == anew(w.board)


def test_what_a_ticket_is_found_by_follows_its_content() -> None:
    w = walk.with_job()
    assert w.board.index.areas["farm"] >= {HOT}
    spot = {"east_m": "120", "north_m": "-1"}
    w.permit_ok(HOT, "applicant", "amend_ticket", {"spot": spot, "activities": ["gas_release"]})
    assert w.board.index.cells == {"1:-1": {HOT}}
    assert w.permit(HOT).content_seq == w.board.seq
    w.permit_ok(HOT, "applicant", "amend_ticket", {"place": "elsewhere"})
    assert w.board.index.cells == {"1:-1": {HOT}} and w.permit(HOT).activities == {"gas_release"}
    w.permit_ok(HOT, "applicant", "amend_ticket", {"spot": spot | {"east_m": "320", "error_m": "50.1"}})
    assert w.board.index.cells == {"3:-1": {HOT}} and w.board.index.wide == {HOT}
    w.permit_ok(HOT, "applicant", "amend_ticket", {"spot": spot | {"error_m": "50"}})
    assert w.board.index.wide == frozenset()


def test_a_removed_isolation_and_a_certificate_that_changes_hands_are_found_where_they_are() -> None:
    w = walk.before_survey()
    assert w.board.index.points == {"up": {JOB}, "down": {JOB}}
    w.ok("admin", "register_certificate", walk.certificate("mate", "guardian", "c-watch"))
    assert "watch" not in w.board.index.certificates and "c-watch" in w.board.index.certificates["mate"]
    assert w.board.index == anew(w.board)


def test_a_job_that_left_the_board_left_its_index() -> None:
    w = walk.closed()
    seal = {"kind": "closure", "sha256": "0" * 64, "level": "B-B", "records_to": 1}
    w.ok("service:sealer", "record_seal", seal, job_id=JOB)
    assert JOB not in w.board.jobs
    assert w.board.index == anew(w.board) and not w.board.index.areas and not w.board.index.people


def test_a_snapshot_keeps_the_index() -> None:
    w: World = walk.before_issue()
    assert restore(Board, plain(w.board)).index == w.board.index
