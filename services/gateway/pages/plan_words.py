"""What the gates of a plan would say of a draft, as lines to show beside its form: mark, text, clause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.gateway.pages.job_page import level_reason
from services.gateway.pages.reasons import about_words, reason
from services.gateway.pages.render import View
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Certificate
from services.seven_steps.looking_ahead import ClashesAhead, CrewAhead, MemberAhead, Shut, TicketAhead
from services.seven_steps.spec import Refused
from services.seven_steps.work_types.hot_work import HOT_WORK

WARN, NOTE, GOOD = "warn", "note", "good"
#: A day breaks nowhere.
NB_HYPHEN = "\N{NON-BREAKING HYPHEN}"
Line = dict[str, str]
#: What this gate misses says itself why and what is needed.
UPGRADE = "G-LV-2"


def _line(mark: str, text: str, code: str = "", source: str = "") -> Line:
    return {"mark": mark, "code": code, "source": source, "text": text}


def _said(view: View, mark: str, key: str, **values: object) -> Line:
    return _line(mark, view.said.t(f"plan_aid.{key}", **values))


def _shut(view: View, shut: Iterable[Shut], this: str = "") -> list[Line]:
    """What gates would miss, once each. this: the number of the draft's ticket, which it has not got yet."""
    lines = []
    for one in shut:
        missing = {name: getattr(one.missing, name) for name in ("what", "about", "have", "need", "who")}
        if this and missing["about"] == this:
            missing["about"] = view.said.t("plan_aid.this_ticket")
        found = reason(view.board, view.people, view.formats, one.gate.id, one.gate.source, missing)
        text = _sentences(view, found.fact, found.need)
        lines.append(_line(WARN, text, one.gate.id, found.source))
    return list({line["text"]: line for line in lines}.values())


def _sentences(view: View, *parts: str) -> str:
    return ("" if view.said.lang == "zh-CN" else " ").join(part for part in parts if part)


# ---- crew ----------------------------------------------------------------------------------------------------------


def crew(view: View, ahead: CrewAhead) -> dict[str, Any]:
    lines = _shut(view, ahead.shut)
    clear = not lines and not any(one.shut or one.twice for one in ahead.members)
    return {
        "members": [_member(view, one) for one in ahead.members],
        "lines": [_said(view, GOOD, "crew_good")] if clear else lines,
    }


def _member(view: View, member: MemberAhead) -> dict[str, Any]:
    lines = [_said(view, WARN, "twice")] if member.twice else []
    lines += _shut(view, member.shut)
    if not member.asked and not member.certificates:
        lines.append(_said(view, NOTE, "no_certificate_asked", trade=view.said.word("trade", member.trade)))
    for one in member.guards:
        span = f"{view.formats.day_clock(one.planned_from)} – {view.formats.day_clock(one.planned_to)}"
        lines.append(_said(view, NOTE, "guards", permit=one.permit_no, place=one.place, span=span))
    if member.no_issuer:
        lines.append(_said(view, NOTE, "no_issuer"))
    return {
        "person_id": member.person_id,
        "certificates": [_certificate(view, one, member.days_left) for one in member.certificates],
        "lines": lines,
    }


def _certificate(view: View, one: Certificate, days_left: Mapping[str, int]) -> dict[str, str]:
    said = view.said
    start, end = (day.replace("-", NB_HYPHEN) for day in (one.valid_from, one.valid_to))
    trade = said.word("trade", one.trade)
    text = said.t("plan_aid.certificate", no=one.certificate_id, trade=trade, start=start, end=end)
    left = days_left.get(one.certificate_id)
    if left is None:
        return {"certificate_id": one.certificate_id, "mark": NOTE, "text": text}
    ends = said.tn("plan_aid.ends", left) if left > 0 else said.t(f"plan_aid.{'ended' if left else 'ends_today'}")
    return {"certificate_id": one.certificate_id, "mark": WARN, "text": f"{text} · {ends}"}


# ---- window and level ----------------------------------------------------------------------------------------------


def ticket(view: View, ahead: TicketAhead | Refused) -> dict[str, Any]:
    if isinstance(ahead, Refused):
        missing = {"what": ahead.what or ahead.code, "about": ahead.about, "have": ahead.have, "need": ahead.need}
        found = reason(view.board, view.people, view.formats, ahead.code, "", missing)
        lines = [_line(WARN, _sentences(view, found.fact, found.need))]
        return {"level": "", "window": lines, "facts": [], "clashes": []}
    return {
        "level": ahead.level,
        "window": _window(view, ahead) if ahead.timed else [_longest(view, ahead)],
        "facts": _facts(view, ahead),
        "clashes": _beside(view, ahead),
    }


def _beside(view: View, ahead: TicketAhead) -> list[Line]:
    if ahead.clashes is None or ahead.permit.planned_to <= ahead.permit.planned_from:
        return []
    return _clashes(view, ahead.clashes, ahead.permit.permit_no) or [_said(view, GOOD, "no_clash")]


def _clashes(view: View, ahead: ClashesAhead, this: str = "") -> list[Line]:
    agree = [line | {"mark": NOTE} for line in _shut(view, ahead.to_agree, this)]
    return [*_shut(view, ahead.prohibited, this), *agree]


def _window(view: View, ahead: TicketAhead) -> list[Line]:
    permit = ahead.permit
    if permit.planned_to <= permit.planned_from:
        return [_longest(view, ahead), _said(view, WARN, "no_time")]
    planned = _said(view, NOTE, "planned", span=view.formats.lasting(permit.planned_to - permit.planned_from))
    return [_longest(view, ahead), planned, *_shut(view, ahead.window, permit.permit_no), *_touches(view, ahead)]


def _longest(view: View, ahead: TicketAhead) -> Line:
    kind = view.said.word("kind", ahead.permit.type)
    of = f"{kind} · {view.said.word('level', ahead.level)}" if ahead.level else kind
    if ahead.longest is None:
        return _said(view, NOTE, "no_longest", of=of)
    return _said(view, NOTE, "longest", of=of, span=view.formats.lasting(ahead.longest))


def _touches(view: View, ahead: TicketAhead) -> list[Line]:
    if not ahead.touches:
        return [_said(view, GOOD, "touches_nothing")]
    lines = []
    told = any(one.gate.id == UPGRADE for one in ahead.window)
    if ahead.upgrades and not told:
        issuer = view.said.word("role", ahead.issuer)
        lines.append(_said(view, WARN, "upgraded", what=_values(view, ahead.upgrades), issuer=issuer))
    others = [one for one in ahead.touches if one not in ahead.upgrades]
    if others:
        hot = ahead.permit.type == HOT_WORK.id
        lines.append(_said(view, NOTE, "touches_hot" if hot else "touches", what=_values(view, others)))
    return lines


def _values(view: View, reasons: Iterable[str]) -> str:
    return view.said.t("list.comma").join(view.said.word("value", one) for one in reasons)


def _facts(view: View, ahead: TicketAhead) -> list[Line]:
    said, derived = view.said, ahead.derived
    lines = []
    if ahead.level:
        why = said.t("list.semicolon").join(level_reason(view, one) for one in derived.reasons)
        lines.append(
            _said(view, NOTE, "level_by", level=said.word("level", derived.level), why=why or said.t("words.none"))
        )
    else:
        lines.append(_said(view, NOTE, "no_levels"))
    if ahead.level != derived.level:
        lines.append(_said(view, NOTE, "level_raised", level=said.word("level", ahead.level)))
    if derived.unknown:
        names = said.t("list.comma").join(said.word("fact", one) for one in derived.unknown)
        lines.append(_said(view, WARN, "not_stated", facts=names))
    lines += _shut(view, (one for one in ahead.facts if one.missing.what != "level_fact"), ahead.permit.permit_no)
    lines.append(_said(view, NOTE, "issued_by", issuer=said.word("role", ahead.issuer)))
    return lines


# ---- gas and isolations --------------------------------------------------------------------------------------------


def plan(
    view: View,
    job: Job,
    said: Mapping[str, Any],
    ahead: Mapping[str, tuple[Shut, ...]],
    clashes: Mapping[str, ClashesAhead],
) -> dict[str, Any]:
    of_gas = {"gas_plan", "gas_point"}
    gas, isolations = {}, []
    for permit_id, shut in ahead.items():
        lines = _shut(view, (one for one in shut if one.missing.what in of_gas))
        planned = said["gas"].get(permit_id)
        if not lines and planned:
            lines = [_said(view, GOOD, "gas_good")]
        gas[permit_id] = lines
        others = _shut(view, (one for one in shut if one.missing.what not in of_gas))
        isolations += [_of_ticket(view, permit_id, line) for line in others]
    if not isolations and said["isolations"]:
        isolations = [_said(view, GOOD, "isolations_good")]
    isolations += _points(view, job, said["isolations"])
    beside = [_of_ticket(view, key, line) for key, one in clashes.items() for line in _clashes(view, one)]
    return {"gas": gas, "isolations": isolations, "clashes": beside or [_said(view, GOOD, "no_clash")]}


def _of_ticket(view: View, permit_id: str, line: Line) -> Line:
    return line | {"text": f"{view.board.permits[permit_id].permit_no}{view.said.t('list.colon')}{line['text']}"}


def _points(view: View, job: Job, isolations: Iterable[Mapping[str, Any]]) -> list[Line]:
    """What the registry says of the points: whether there are any here, and which other jobs rest on those planned."""
    board = view.board
    if not board.isolation_points:
        return [_said(view, NOTE, "no_points")]
    lines = []
    if not any(one.area_id == job.area_id for one in board.isolation_points.values()):
        area = about_words(board, view.people, view.said, job.area_id)
        lines.append(_said(view, NOTE, "no_points_here", area=area))
    for point_id in dict.fromkeys(one["point_id"] for one in isolations):
        there = (board.jobs.get(key) for key in board.index.points.get(point_id, ()) if key != job.job_id)
        others = sorted(one.job_no for one in there if one is not None)
        if others:
            tag = about_words(board, view.people, view.said, point_id)
            lines.append(_said(view, NOTE, "shared", tag=tag, jobs=view.said.t("list.comma").join(others)))
    return lines
