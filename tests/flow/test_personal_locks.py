"""Personal locks: who puts one on and takes it off, and what an isolation that is removed leaves behind."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.seven_steps import limits
from services.seven_steps.board_job import PersonalLock
from tests.flow import walk
from tests.flow.payloads import PAYLOADS
from tests.flow.world import JOB, PIT, World, codes

LOCK, UNLOCK, FOR_OWNER = (
    PAYLOADS[t] for t in ("add_personal_lock", "remove_personal_lock", "remove_absent_owners_lock")
)


def locked() -> World:
    w = walk.before_review()
    w.job_ok("cutter", "add_personal_lock", LOCK)
    return w


def locks(w: World) -> set[str]:
    return set(w.job.isolations["up"].locks)


def test_only_the_owner_takes_a_personal_lock_off() -> None:
    w = locked()
    assert codes(w.do("mate", "remove_personal_lock", UNLOCK, job_id=JOB)) == {"wrong_state"}
    assert codes(w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)) == {"G-ISO-1"}
    w.job_ok("cutter", "remove_personal_lock", UNLOCK)
    w.job_ok("isolator", "remove_isolation", {"point_id": "up"})
    assert w.job.isolations["up"].removed is not None


def test_the_lock_of_somebody_who_has_left_comes_off_by_the_recorded_procedure() -> None:
    w = locked()
    outcome = w.job_ok("isolator", "remove_absent_owners_lock", FOR_OWNER)
    assert outcome.events[0].data["verified_off_site"]["text"] == "gate register"
    assert locks(w) == set()


def test_nobody_takes_off_the_own_lock_or_a_lock_that_is_not_there_by_that_procedure() -> None:
    w = locked()
    w.job_ok("isolator", "add_personal_lock", LOCK | {"lock_no": "P-8"})
    for owner in ("isolator", "mate"):
        refused = w.do("isolator", "remove_absent_owners_lock", FOR_OWNER | {"person_id": owner}, job_id=JOB)
        assert codes(refused) == {"wrong_state"}
    assert codes(w.do("cutter", "remove_absent_owners_lock", FOR_OWNER, job_id=JOB)) == {"not_allowed"}


def test_the_lock_of_somebody_inside_stays() -> None:
    w = walk.active()
    w.job_ok("cutter", "add_personal_lock", LOCK)
    w.permit_ok(PIT, "watch", "enter", {"person_id": "cutter"})
    assert codes(w.do("isolator", "remove_absent_owners_lock", FOR_OWNER, job_id=JOB)) == {"wrong_state"}
    assert locks(w) == {"cutter"}


def test_taking_off_another_persons_lock_is_an_act() -> None:
    w = locked()
    late = w.do("isolator", "remove_absent_owners_lock", FOR_OWNER, job_id=JOB, act_by=w.now - timedelta(seconds=1))
    assert codes(late) == {"too_late"}


@pytest.mark.parametrize("point", ["down", "nowhere"])
def test_a_lock_hangs_on_an_isolation_that_is_on(point: str) -> None:
    w = locked()
    if point == "down":
        w.change_job(isolations={k: v for k, v in w.job.isolations.items() if k == "up"})
    assert codes(w.do("mate", "add_personal_lock", LOCK | {"point_id": point}, job_id=JOB)) == {"wrong_state"}


def test_an_isolation_applied_anew_keeps_the_locks_that_hang_there() -> None:
    w = locked()
    w.job_ok("verifier", "apply_isolation", {"point_id": "up", "method": "blind", "lock_no": "9", "tag_no": "9"})
    isolation = w.job.isolations["up"]
    assert (isolation.applied.by, isolation.verified, locks(w)) == ("verifier", None, {"cutter"})


def test_a_lock_of_another_job_at_the_same_point_keeps_it_on() -> None:
    w = walk.before_review()
    other = replace(
        w.job, job_id="other", permits=(), isolations={"up": replace(w.job.isolations["up"], locks=_lock("mate", w))}
    )
    w.board = replace(w.board, jobs={**w.board.jobs, "other": other})
    refused = w.do("isolator", "remove_isolation", {"point_id": "up"}, job_id=JOB)
    assert [(r.code, r.about) for r in refused.refusals] == [("G-ISO-1", "mate")]


def test_there_is_a_limit_of_locks_on_one_isolation_and_ones_own_may_be_changed_at_it() -> None:
    for there, then in ((limits.PERSONAL_LOCKS_MAX - 1, set()), (limits.PERSONAL_LOCKS_MAX, {"limit_reached"})):
        w = locked()
        many = {f"p{n}": lock for n, lock in enumerate([_lock("x", w)["x"]] * (there - 1))}
        full = replace(w.job.isolations["up"], locks={**many, **w.job.isolations["up"].locks})
        w.change_job(isolations={**w.job.isolations, "up": full})
        assert codes(w.do("mate", "add_personal_lock", LOCK, job_id=JOB)) == then
        w.job_ok("cutter", "add_personal_lock", LOCK | {"lock_no": "P-9"})


def _lock(person: str, w: World) -> dict[str, PersonalLock]:
    return {person: PersonalLock(person, "P-1", w.now, w.board.seq)}
