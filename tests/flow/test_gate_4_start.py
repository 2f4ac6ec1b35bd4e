"""Gate 4, the moment before work: a ticket that is not started. Each gate at its bounds: tests/vectors."""

from services.seven_steps.gate import Boundary as B
from tests.flow.tables import ready_for
from tests.flow.world import HOT, JOB, codes


def test_a_ticket_not_started_in_its_window_is_revoked_by_expiry_not_extended() -> None:
    w = ready_for(B.START)
    w.later(minutes=60, seconds=1)
    w.permit_ok(HOT, "service:timekeeper", "expire_ticket")
    assert w.permit(HOT).state == "revoked"


def test_the_timekeeper_cannot_expire_a_ticket_early() -> None:
    w = ready_for(B.START)
    w.later(minutes=60)
    assert codes(w.do("service:timekeeper", "expire_ticket", job_id=JOB, permit_id=HOT)) == {"wrong_state"}
