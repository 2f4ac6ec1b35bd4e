"""The whole job, as pure decisions: seven steps in order, and what is left of it afterwards."""

from services.seven_steps.board import Board
from services.seven_steps.codec import digest, plain, restore
from tests.flow import walk
from tests.flow.world import HOT, JOB, PIT, codes


def test_a_job_walks_all_seven_steps_and_leaves_a_tombstone_when_its_closure_is_sealed() -> None:
    w = walk.closed()
    assert w.job.state == "closed"
    assert {w.permit(p).state for p in (HOT, PIT)} == {"accepted"}
    seal = {"kind": "closure", "sha256": "0" * 64, "level": "B-B", "records_to": w.board.seq}
    w.job_ok("service:sealer", "record_seal", seal)
    assert JOB not in w.board.jobs and not w.board.permits
    assert w.board.tombstones[JOB].job_no == "PA-J-20261118-0001"


def test_permit_numbers_are_site_kind_day_and_counter() -> None:
    w = walk.with_job()
    assert (w.job.job_no, w.permit(HOT).permit_no, w.permit(PIT).permit_no) == (
        "PA-J-20261118-0001",
        "PA-HW-20261118-0002",
        "PA-CS-20261118-0003",
    )


def test_a_board_survives_its_plain_form_at_every_step() -> None:
    for step in (walk.site, walk.before_plan, walk.before_issue, walk.active, walk.closed):
        board = step().board
        again = restore(Board, plain(board))
        assert again == board
        assert digest(again) == digest(board)


def test_an_issue_that_is_refused_gives_no_number_and_moves_nothing() -> None:
    w = walk.before_issue()
    before = w.permit(HOT)
    outcome = w.do("safety", "issue", job_id=JOB, permit_id=HOT)
    assert codes(outcome) == {"G-SV-3a"}
    assert w.permit(HOT) == before
