"""What stands beside a plan's forms: given a site and a draft, when it is told in words, then these words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import services.gateway
from services.gateway.pages import plan_page, plan_words
from services.gateway.pages.formats import Formats
from services.gateway.pages.options import FormOptions
from services.gateway.pages.people import People
from services.gateway.texts import catalogue, texts
from services.seven_steps import looking_ahead, site_time
from services.seven_steps.site_time import stamp
from tests.flow import walk
from tests.flow.neighbours import Ticket, beside
from tests.flow.world import DAY_TWO, HOT, PIT, World

Lines = list[dict[str, str]]
NB = "\N{NO-BREAK SPACE}"
SCRIPT = "plan_aid_script."
HEAD = texts("en").word("role", "approver_head")


def view_of(w: World, lang: str = "en") -> Any:
    said = texts(lang)
    return SimpleNamespace(
        board=w.board, said=said, people=People(w.board, said), formats=Formats(said, site_time.zone_of(w.board)),
        now=w.now, site_id="site",
    )  # fmt: skip


def of_mark(lines: Lines, mark: str) -> list[str]:
    return [one["text"] for one in lines if one["mark"] == mark]


# ---- crew ----------------------------------------------------------------------------------------------------------


def crew_told(w: World, crew: list[dict[str, str]], lang: str = "en") -> dict[str, Any]:
    return plan_words.crew(view_of(w, lang), looking_ahead.crew_ahead(w.board, w.permit(HOT), crew, w.now, w.rules))


def test_a_crew_that_misses_nothing_is_told_so_and_shown_its_certificates() -> None:
    told = crew_told(walk.before_plan(), walk.CREW)
    assert [one["mark"] for one in told["lines"]] == ["good"]
    (held,) = told["members"][0]["certificates"]
    assert held["text"].replace(plan_words.NB_HYPHEN, "-") == "c-cutter · hot worker · 2025-01-01 – 2026-12-31"
    assert of_mark(told["members"][1]["lines"], "note") == ["No certificate is asked for the trade “fitter”."]


ENDS = [
    (0, "2026-12-18", "ends in 30 days", "还有 30 天到期"),
    (0, "2026-11-19", "ends in 1 day", "还有 1 天到期"),
    (1, "2026-11-19", "ends today", "今天到期"),
    (2, "2026-11-19", "has ended", "已过期"),
]


@pytest.mark.parametrize(("later", "day", "english", "chinese"), ENDS)
def test_a_certificate_that_ends_soon_says_in_how_many_days(later: int, day: str, english: str, chinese: str) -> None:
    w = walk.before_plan()
    w.now += timedelta(days=later)
    w.ok("admin", "register_certificate", walk.certificate("cutter", "hot_work", "c-cutter") | {"valid_to": day})
    for lang, words in (("en", english), ("zh-CN", chinese)):
        (held,) = crew_told(w, walk.CREW, lang)["members"][0]["certificates"]
        assert held["mark"] == "warn" and held["text"].endswith(f" · {words}")


def test_what_a_gate_misses_stands_with_its_person_and_names_the_gate() -> None:
    w = walk.before_plan()
    w.ok("admin", "record_contraindication", {"person_id": "mate", "work": "hot_work", "active": True})
    told = crew_told(w, walk.CREW[:2])
    (unfit,) = [one for one in told["members"][1]["lines"] if one["mark"] == "warn"]
    assert (unfit["code"], unfit["source"]) == ("G-CR-3a", "GB 30871-2022 4.9")
    assert of_mark(told["lines"], "warn") == ["No guardian is named."]
    assert told["members"][0]["lines"] == []


def test_a_guardian_is_told_his_other_tickets_with_place_and_time() -> None:
    w = walk.before_plan()
    (line,) = of_mark(crew_told(w, walk.CREW)["members"][2]["lines"], "note")
    assert line.startswith(f"Guards {w.permit(PIT).permit_no} too: valve pit V-12, 19{NB}Nov{NB}08:00")


# ---- window and level ----------------------------------------------------------------------------------------------


def ticket_told(w: World, before: str | None = HOT, lang: str = "en", **said: Any) -> dict[str, Any]:
    permit = w.permit(before) if before else None
    return plan_words.ticket(view_of(w, lang), looking_ahead.ticket_ahead(w.board, w.job, permit, said, w.now, w.rules))


def window(start_h: float, hours: float) -> dict[str, str]:
    begin = DAY_TWO + timedelta(hours=start_h)
    return {"planned_from": stamp(begin), "planned_to": stamp(begin + timedelta(hours=hours))}


WINDOWS: list[tuple[str, str, dict[str, str], list[str], list[str]]] = [
    ("by day", HOT, window(0, 8), [], ["No night, rest day, holiday or special period."]),
    ("too long", HOT, window(0, 9), ["This ticket is planned for 9 h. The limit is 8 h."], ["No night,"]),
    ("no time", HOT, window(0, 0), ["The end is not after the beginning."], []),
    (
        "a night",
        HOT,
        window(12, 8),
        [f"Some of this time is at night: hot work then needs the higher approval, by {HEAD}."],
        [],
    ),
    ("a night in a space", PIT, window(12, 8), [], []),
]


@pytest.mark.parametrize(("given", "permit", "said", "warned", "good"), WINDOWS, ids=[row[0] for row in WINDOWS])
def test_a_window_says_what_it_allows_and_falls_on(
    given: str, permit: str, said: dict[str, str], warned: list[str], good: list[str]
) -> None:
    told = ticket_told(walk.before_plan(), permit, **said)["window"]
    assert of_mark(told, "warn") == warned
    assert [a.startswith(b) for a, b in zip(of_mark(told, "good"), good, strict=True)] == [True] * len(good)


def test_a_night_that_raises_nothing_by_law_is_a_note() -> None:
    notes = of_mark(ticket_told(walk.before_plan(), PIT, **window(12, 8))["window"], "note")
    assert notes[-1] == "Some of this time is at night. The law asks for higher approval of hot work only."


def test_at_the_top_the_gate_itself_says_what_is_needed_and_nothing_says_it_twice() -> None:
    told = ticket_told(walk.before_plan(), level="special", level_reason="near the flare", **window(12, 8))["window"]
    assert of_mark(told, "warn") == ["Hot work: at night. Approval so far: none. Needed: a second supervisor."]


LEVELS = [
    (
        "en",
        "By the facts: level 1 (5.1.2 b: in a fire-explosion area).",
        f"To be issued by: {texts('en').word('role', 'approver_safety')}.",
    ),
    (
        "zh-CN",
        "按所填情况为一级（5.1.2 b：在火灾爆炸危险场所）。",
        f"签发人：{texts('zh-CN').word('role', 'approver_safety')}。",
    ),
]


@pytest.mark.parametrize(("lang", "level", "issuer"), LEVELS)
def test_the_level_says_its_reason_and_who_issues(lang: str, level: str, issuer: str) -> None:
    told = ticket_told(walk.before_plan(), lang=lang)["facts"]
    assert of_mark(told, "note") == [level, issuer]


def test_facts_that_are_not_stated_yet_are_named_once() -> None:
    told = ticket_told(walk.before_plan(), None, type="hot_work", facts={"in_bund": False})
    assert of_mark(told["facts"], "warn") == [
        "Not stated yet: line or equipment in operation, on a pipe rack. The level depends on it."
    ]
    assert of_mark(told["window"], "note") == [f"Hot work · level 1: at most 8{NB}h."]


def test_what_would_be_refused_says_why() -> None:
    told = ticket_told(walk.before_plan(), planned_to="9999-01-01T00:00:00Z")
    assert (told["level"], told["facts"], len(of_mark(told["window"], "warn"))) == ("", [], 1)


# ---- gas and isolations --------------------------------------------------------------------------------------------


def plan_told(w: World, **said: Any) -> dict[str, Any]:
    draft = {"gas": walk.plan_payload()["gas"], "isolations": [], **said}
    asked = (w.board, w.job, draft, w.now, w.rules)
    return plan_words.plan(
        view_of(w), w.job, draft, looking_ahead.plan_ahead(*asked), looking_ahead.plan_clashes(*asked)
    )


UP = {"point_id": "up", "method": "spool_removed", "blind_required": True}


def point(w: World, point_id: str, area: str) -> None:
    about = {"point_id": point_id, "tag": f"tag {point_id}", "area_id": area, "energy": "process", "description": "x"}
    w.ok("admin", "register_isolation_point", about)


def test_a_gas_plan_is_told_what_it_leaves_out_by_ticket() -> None:
    told = plan_told(walk.before_plan(), gas={HOT: {"gases": ["propane"], "points": ["bottom"]}})["gas"]
    assert [one["code"] for one in told[HOT]] == ["G-GAS-1"]
    assert [one["mark"] for one in told[PIT]] == ["warn"] * 3
    assert [one["mark"] for one in plan_told(walk.before_plan())["gas"][PIT]] == ["good"]


def test_isolations_say_what_the_registry_has() -> None:
    w = walk.before_plan()
    nowhere = "No isolation points are registered on this site, so none can be chosen. An administrator registers them."
    assert nowhere in of_mark(plan_told(w)["isolations"], "note")
    point(w, "up", "yard")
    assert any("those of other areas are listed" in one for one in of_mark(plan_told(w)["isolations"], "note"))
    point(w, "up", "farm")
    assert of_mark(plan_told(w, isolations=[UP])["isolations"], "note") == []


def test_a_point_that_another_job_rests_on_says_which() -> None:
    w = walk.before_plan()
    point(w, "up", "farm")
    other = replace(w.job, job_id="other", job_no="PA-J-20261118-0099")
    index = replace(w.board.index, points={"up": frozenset({w.job.job_id, "other"})})
    w.board = replace(w.board, jobs={**w.board.jobs, "other": other}, index=index)
    assert of_mark(plan_told(w, isolations=[UP])["isolations"], "note") == [
        "tag up is planned or in force for PA-J-20261118-0099 too."
    ]


def test_points_are_chosen_by_area_the_jobs_own_first() -> None:
    w = walk.before_plan()
    for name, area in (("b", "bund"), ("f", "farm"), ("y", "yard")):
        point(w, name, area)
    groups = FormOptions(view_of(w), "record_plan", w.job, None)("point_groups", "point_id")
    assert [[value for value, _ in choices] for _, choices in groups] == [["f"], ["b"], ["y"]]


def test_one_area_needs_no_groups() -> None:
    w = walk.before_plan()
    point(w, "f", "farm")
    assert FormOptions(view_of(w), "record_plan", w.job, None)("point_groups", "point_id") == []


def test_a_proposal_ticks_only_what_leaves_no_choice() -> None:
    w = walk.before_plan()
    aid = plan_page.aid_data(view_of(w), "record_plan", w.job)
    assert aid is not None
    pit = next(one for one in aid["proposals"] if one.permit_id == PIT)
    assert (pit.gases, pit.points) == (("oxygen", "hydrogen_sulfide"), ())
    assert dict(pit.kinds)["combustible"] == ("methane", "propane")
    assert plan_page.aid_data(view_of(w), "book_work", w.job) is None


def test_every_word_that_the_script_says_is_in_the_catalogue() -> None:
    code = (Path(services.gateway.__file__).parent / "static" / "plan_aid.js").read_text("utf-8")
    said = set(re.findall(r"\bwords\.(\w+)", code)) | {"warnings_one", "warnings_other"}
    assert said == {key.removeprefix(SCRIPT) for key in catalogue("en") if key.startswith(SCRIPT)}


# ---- other work at that time ---------------------------------------------------------------------------------------


def test_a_clash_names_the_other_ticket_its_gate_and_whether_agreement_is_enough() -> None:
    w = beside(walk.before_plan(), Ticket(activities=("gas_release",), contractor="k"))
    found = looking_ahead.ticket_ahead(w.board, w.job, w.permit(HOT), {}, w.now, w.rules)
    told = plan_words.ticket(view_of(w), found)["clashes"]
    assert [(one["mark"], one["code"]) for one in told] == [("warn", "G-SIM-1"), ("note", "G-SIM-2")]
    assert told[0]["text"].startswith("Clashes with NO-other: hot work and a release of flammable gas 0 m.")
    assert told[1]["text"].startswith("Not coordinated with NO-other: crews of two contractors in one area")
    of_plan = plan_told(w)["clashes"]
    assert of_plan[0]["text"].startswith(f"{w.permit(HOT).permit_no}: Clashes with NO-other")


def test_without_a_clash_that_is_said_once_a_time_is() -> None:
    w = walk.before_plan()
    ahead = looking_ahead.ticket_ahead(w.board, w.job, w.permit(HOT), {}, w.now, w.rules)
    untimed = looking_ahead.ticket_ahead(w.board, w.job, None, {"type": "height", "facts": {}}, w.now, w.rules)
    assert [one["mark"] for one in plan_words.ticket(view_of(w), ahead)["clashes"]] == ["good"]
    assert plan_words.ticket(view_of(w), untimed)["clashes"] == []
    assert [one["mark"] for one in plan_told(w)["clashes"]] == ["good"]
