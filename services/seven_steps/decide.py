"""`decide(board, command, now, rules) -> Outcome`: every gate of the boundary is asked, every shut one is named.

It never raises for a refusal, and changes nothing. A refused outcome carries at most alarms and concerns: it never
moves a job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from services.seven_steps import alarms, codes, limits, roles, signature_keys, site_time, standing
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_ticket import Permit
from services.seven_steps.command import Command
from services.seven_steps.commands import COMMANDS
from services.seven_steps.event import Event, event
from services.seven_steps.evolve import evolve
from services.seven_steps.gate import Case, Missing, Verdict, packs_named
from services.seven_steps.gates import judge_gates
from services.seven_steps.rules import Rules
from services.seven_steps.spec import ACT, JOB, PERMIT, RECORD, SITE, CommandSpec, Refused
from services.seven_steps.step3_briefing import SUPERSEDED

ACCEPTED, REFUSED = "accepted", "refused"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, as it stands on the log and in the answer. code: a gate id or one of codes.REFUSALS.

    packs: whose number or rule it is: refs of rule packs, or "site" for the site's own policy
    """

    code: str
    version: int
    source: str
    about: str
    what: str
    have: str
    need: str
    who: tuple[str, ...]
    alarm: str = ""
    packs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    verdict: str
    events: tuple[Event, ...]
    refusals: tuple[Refusal, ...]
    gates: tuple[Verdict, ...]
    notes: tuple[str, ...]
    rule_packs: tuple[str, ...]


def decide(board: Board, command: Command, now: datetime, rules: Rules) -> Outcome:
    """One outcome for one command. `now` is the site's time; refusals never raise.

    The order of the questions: is the command known, may this person give it, is it in time and up to date, does it
    fit the state, do limits allow it; then every gate of the boundary, for every ticket it names.
    """
    spec = COMMANDS.get(command.type)
    if spec is None or spec.version != command.version:
        return _refused_by(Refused(codes.UNKNOWN_COMMAND_VERSION, have=f"{command.type} {command.version}"), rules)
    permit = board.permits.get(command.permit_id or "")
    job = board.jobs.get((permit.job_id if permit else command.job_id) or "")
    case = Case(board, job, permit, command, command.actor, now, rules)
    refused = _not_allowed(case, spec) or signature_keys.unusable_key(case, spec)
    if refused is None and _is_late_arrival(case, spec):
        return _accepted(case, _late_arrival(case), (), rules)
    refused = refused or _stale(case, spec) or _wrong_subject(case, spec) or _over_limit(case)
    if refused is not None:
        return _refused_by(refused, rules)
    decided = spec.decide(case)
    if isinstance(decided, Refused):
        return _refused_by(decided, rules)
    verdicts = _judged(case, spec)
    shut = tuple(v for v in verdicts if not v.open and v.gate.blocks)
    if shut:
        raised = alarms.raised_by(case, (v for v in verdicts if not v.open))
        refusals = tuple(_refusal(rules, v, index) for v in shut for index in range(len(v.missing)))
        return Outcome(REFUSED, alarms.owned(case, raised), refusals, verdicts, (), rules.refs)
    only_alarm = tuple(v for v in verdicts if not v.open)
    return _accepted(case, (*decided, *alarms.raised_by(case, only_alarm)), verdicts, rules)


def _accepted(case: Case, events: tuple[Event, ...], verdicts: tuple[Verdict, ...], rules: Rules) -> Outcome:
    superseded = any(e.type == "briefing.acknowledged" and e.data["superseded"] for e in events)
    unsigned = () if signature_keys.has_valid_key(case) else (signature_keys.KEY_NOT_VALID,)
    notes = (*case.command.notes, *((SUPERSEDED,) if superseded else ()), *unsigned)
    events = alarms.owned(case, events)
    stopped = standing.after(case, _applied(case, events), events) if _may_stop(case) else ()
    return Outcome(ACCEPTED, (*events, *alarms.owned(case, stopped)), (), verdicts, notes, rules.refs)


def _may_stop(case: Case) -> bool:
    """Work of this job runs, or would run after the command: then what must hold while it runs is asked."""
    tickets = (case.board.permits.get(p) for p in case.job.permits) if case.job else ()
    return any(permit is not None and permit.state in standing.ISSUED for permit in tickets)


def _applied(case: Case, events: tuple[Event, ...]) -> Board:
    """The board as the fold will have it once this outcome stands on the log."""
    board = replace(case.board, seq=case.board.seq + 1, decided_at=case.now)
    for one in events:
        board = evolve(board, one)
    return board


# ---- before the gates ----------------------------------------------------------------------------------------------


def _not_allowed(case: Case, spec: CommandSpec) -> Refused | None:
    """403 is only for an account that may never use that command on that site (reading A10.12)."""
    if case.command.means == roles.SERVICE:
        return None if roles.SERVICE in spec.roles else _may_not(case, spec)
    if spec.type == "stop_work":
        return None  # no role stops one by a signed-in person of the site
    person = case.board.people.get(case.actor)
    if person is None:
        return _may_not(case, spec)
    if spec.roles & roles.ANYONE or spec.roles & person.roles:
        return None
    return _may_not(case, spec)


def _may_not(case: Case, spec: CommandSpec) -> Refused:
    who = tuple(sorted(spec.roles))
    return Refused(codes.NOT_ALLOWED, about=case.actor, need=spec.type, who=who)


def _is_late_arrival(case: Case, spec: CommandSpec) -> bool:
    """A record about a closed job, or one the site does not know: true all the same, kept for HSE to clear.

    Not what makes something new, not our services, and not stop-work: that is kept as a concern.
    """
    if spec.kind != RECORD or spec.creates or spec.subject == SITE or case.command.means == roles.SERVICE:
        return False
    if spec.type in FACTS_ABOUT_NOTHING_NEW:
        return False
    unknown_ticket = spec.subject == PERMIT and case.permit is None
    return case.job is None or case.job.state == "closed" or unknown_ticket


#: Records that only make sense on a live job: preparing or administering one that is gone is refused.
FACTS_ABOUT_NOTHING_NEW = frozenset(
    {
        "add_ticket",
        "amend_ticket",
        "print_permit",
        "link_tickets",
        "record_risk_assessment",
        "book_work",
        "record_plan",
        "assign_crew",
    }
    | {"send_back", "withdraw_job", "give_briefing", "close_job", "revoke_ticket", "void_ticket", "clear_stop"}
    | {"replace_ticket"}
)


#: Records that edit a job's papers: two people's edits must not overwrite each other unseen. A fact has no version.
EDITS = frozenset(
    {"add_ticket", "amend_ticket", "link_tickets", "record_risk_assessment", "book_work", "record_plan", "assign_crew"}
    | {"give_briefing", "send_back", "withdraw_job"}
)
#: Never turned away for their number.
WITHOUT_LIMIT = frozenset(
    {"stop_work", "suspend", "interrupt", "guardian_off", "leave", "record_found_inside", "record_gas_test"}
)


def _late_arrival(case: Case) -> tuple[Event, ...]:
    command = case.command
    data = {"command_id": command.command_id, "job_id": command.job_id, "type": command.type}
    return (event(case, "late_arrival.recorded", **data, payload=dict(command.payload)),)


def _stale(case: Case, spec: CommandSpec) -> Refused | None:
    command = case.command
    if spec.kind == ACT and (command.act_by is None or command.decided_at_real > command.act_by):
        need = site_time.stamp(command.act_by) if command.act_by else ":act_by"
        return Refused(codes.TOO_LATE, have=site_time.stamp(command.decided_at_real), need=f"≤ {need}")
    expected = command.expected_version
    edits = spec.kind == ACT or spec.type in EDITS
    if edits and expected is not None and case.job is not None and case.job.version != expected:
        return Refused(codes.VERSION_CONFLICT, about=case.job.job_no, have=str(case.job.version), need=str(expected))
    return None


def _wrong_subject(case: Case, spec: CommandSpec) -> Refused | None:
    command = case.command
    if case.board.site is None and not spec.creates:
        return Refused(codes.WRONG_STATE, about=command.site_id, have=":none", need=":registered")
    if spec.subject == JOB and not spec.creates and case.job is None:
        return Refused(codes.WRONG_STATE, about=command.job_id or "", have=":none", need=":job")
    if spec.subject == PERMIT and case.permit is None:
        return Refused(codes.WRONG_STATE, about=command.permit_id or "", have=":none", need=":ticket")
    subject: Job | Permit | None = case.permit if spec.subject == PERMIT else case.job
    if spec.states and subject is not None and subject.state not in spec.states:
        number = subject.permit_no if isinstance(subject, Permit) else subject.job_no
        need = " ".join(f":{state}" for state in sorted(spec.states))
        return Refused(codes.WRONG_STATE, about=number, have=f":{subject.state}", need=need)
    return _unknown_tickets(case) if spec.covers else None


def _unknown_tickets(case: Case) -> Refused | None:
    """A boundary of the whole job names its tickets: at least one, all of this job, none of them ended."""
    assert case.job is not None
    named = case.command.payload["permits"]
    if not named:
        return Refused(codes.WRONG_STATE, about=case.job.job_no, have=":none", need=":ticket")
    for permit_id in named:
        permit = case.board.permits.get(permit_id)
        if permit is None or permit.job_id != case.job.job_id or permit.state in ("void", "revoked"):
            have = ":none" if permit is None else f":{permit.state}"
            return Refused(codes.WRONG_STATE, about=permit_id, have=have, need=":ticket_of_this_job")
    return None


def _over_limit(case: Case) -> Refused | None:
    """Commands of one job are limited, but not those that state a danger or take authority away."""
    job = case.job
    if job is None or case.command.type in WITHOUT_LIMIT:
        return None
    if len(case.board.seen.get(job.job_id, {})) >= limits.COMMANDS_PER_JOB_MAX:
        return Refused(codes.LIMIT_REACHED, about="commands_per_job", need=str(limits.COMMANDS_PER_JOB_MAX))
    return None


# ---- the gates -----------------------------------------------------------------------------------------------------


def _judged(case: Case, spec: CommandSpec) -> tuple[Verdict, ...]:
    if spec.boundary is None:
        return ()
    if case.command.type != spec.boundary:  # another act at that boundary: gates look at which it is
        case = replace(case, command=replace(case.command, type=spec.boundary.value))
    if not spec.covers:
        return judge_gates(spec.boundary, case)
    return tuple(
        verdict
        for permit_id in sorted(case.command.payload["permits"])
        for verdict in judge_gates(spec.boundary, replace(case, permit=case.board.permits[permit_id]))
    )


def deciding_packs(rules: Rules, verdict: Verdict, missing: Missing) -> tuple[str, ...]:
    """What decided: the number's pack; where no number was asked for, the site's packs that bring the gate."""
    if missing.pack:
        return (missing.pack,)
    if verdict.numbers:
        return tuple(dict.fromkeys(verdict.numbers.values()))
    named = packs_named(verdict.gate.source)
    return tuple(pack.ref for pack in rules.packs if pack.id in named or (not named and pack.is_policy))


def _refusal(rules: Rules, verdict: Verdict, index: int) -> Refusal:
    gate, missing = verdict.gate, verdict.missing[index]
    return Refusal(
        code=gate.id,
        version=gate.version,
        source=gate.source,
        about=missing.about or verdict.about,
        what=missing.what,
        have=missing.have,
        need=missing.need,
        who=missing.who,
        alarm=missing.alarm or gate.alarm,
        packs=deciding_packs(rules, verdict, missing),
    )


def _refused_by(refused: Refused, rules: Rules) -> Outcome:
    refusal = Refusal(
        code=refused.code,
        version=1,
        source="",
        about=refused.about,
        what=refused.what or refused.code,
        have=refused.have,
        need=refused.need,
        who=refused.who,
        packs=refused.packs,
    )
    return Outcome(REFUSED, (), (refusal,), (), (), rules.refs)
