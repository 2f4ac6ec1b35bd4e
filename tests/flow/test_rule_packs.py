"""Rule packs: strictly read, versioned, the stricter wins and says which, a policy never loosens a law."""

from __future__ import annotations

import copy
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from services.rulebook import LANGUAGES, BadPack, Shelf, bind, installed, parse_pack, read_shelf, rulebook
from services.seven_steps import codes, gas
from services.seven_steps.board import Board
from services.seven_steps.decide import decide
from services.seven_steps.gate import EVERYWHERE, Boundary, packs_named
from services.seven_steps.gates import GATES, gates_at
from services.seven_steps.rules import Rules
from tests.flow import walk
from tests.flow.tables import ready_for
from tests.flow.world import HOT, PIT, World

ALL = ("gb30871-2022", "aq3064-2025", "hsg250", "osha-1910", "site-policy")
CHOICES = [ALL[:1], ALL[:2], ALL[:3], ALL, ("hsg250",), ("osha-1910",), ("osha-1910", "hsg250"), ("site-policy",)]


def pack(id_: str = "law", version: int = 1, policy: bool = False, **numbers: Any) -> dict[str, Any]:
    head = {"id": id_, "version": version, "edition": f"{id_} edition", "policy": policy}
    rows = {}
    for name, (value, stricter) in numbers.items():
        text = {"en": "n", "zh-CN": "数"}
        rows[name] = {"value": value, "unit": "min", "clause": "1.1", "stricter": stricter, "text": text}
    return {"pack": head, "numbers": rows}


def shelf(*packs: dict[str, Any]) -> Shelf:
    parsed = [parse_pack(data) for data in (*packs, pack("site-policy", policy=True))]
    return Shelf({one.ref: one for one in parsed}, {})


# ---- strict reading ------------------------------------------------------------------------------------------------

GOOD = pack(n=("30", "lower"))
BROKEN = [
    ("a number without clause", ("numbers", "n", "clause"), "", "law@1.toml: numbers.n.clause: is missing"),
    ("a number without text", ("numbers", "n", "text"), {}, "law@1.toml: numbers.n.text.en: is missing"),
    ("a text in one language", ("numbers", "n", "text"), {"en": "x"}, "law@1.toml: numbers.n.text.zh-CN: is missing"),
    ("a number that is none", ("numbers", "n", "value"), "soon", "law@1.toml: numbers.n.value: is no number: 'soon'"),
    ("a float", ("numbers", "n", "value"), 1.5, "law@1.toml: numbers.n.value: must be text, not 1.5"),
    ("a negative number", ("numbers", "n", "value"), "-1", "law@1.toml: numbers.n.value: must be a number from 0"),
    ("a number that is not finite", ("numbers", "n", "value"), "NaN", "law@1.toml: numbers.n.value: must be a number"),
    ("an unknown unit", ("numbers", "n", "unit"), "fortnight", "law@1.toml: numbers.n.unit: 'fortnight' is none of"),
    ("no way that is stricter", ("numbers", "n", "stricter"), None, "law@1.toml: numbers.n.stricter: is missing"),
    ("another way", ("numbers", "n", "stricter"), "upwards", "law@1.toml: numbers.n.stricter: 'upwards' is none of"),
    ("unknown work", ("numbers", "n", "binds"), "juggling", "law@1.toml: numbers.n.binds: 'juggling' is none of"),
    ("an unknown key of a number", ("numbers", "n", "vlaue"), "1", "law@1.toml: numbers.n.vlaue: unknown key"),
    ("an unknown table", ("nmubers",), {}, "law@1.toml: nmubers: unknown key"),
    ("a number that is no table", ("numbers", "n"), "30", "law@1.toml: numbers.n: must be a table"),
    ("no edition", ("pack", "edition"), "", "law@1.toml: pack.edition: is missing"),
    ("a version that is none", ("pack", "version"), "1", "law@1.toml: pack.version: a whole number from 1, not '1'"),
    ("version nought", ("pack", "version"), 0, "law@1.toml: pack.version: a whole number from 1, not 0"),
    ("not said whether policy", ("pack", "policy"), None, "law@1.toml: pack.policy: true or false, not None"),
    ("the id of another file", ("pack", "id"), "other", "law@1.toml: pack.id, pack.version: the file of other@1"),
    ("a gas of no kind", ("gases",), {"x": {"clause": "1"}}, "law@1.toml: gases.x.kind: is missing"),
    (
        "a combustible gas without its limit",
        ("gases",),
        {"x": {"clause": "1", "kind": "combustible"}},
        "law@1.toml: gases.x.lel: is missing",
    ),
    ("a list that is none", ("lists",), {"x": "y"}, "law@1.toml: lists.x: must be a list of texts"),
    ("an alarm without clause", ("alarms",), {"01": {}}, "law@1.toml: alarms.01.clause: is missing"),
]


@pytest.mark.parametrize(("name", "path", "value", "said"), BROKEN, ids=[row[0] for row in BROKEN])
def test_a_broken_pack_gives_one_line_that_names_file_and_key(
    name: str, path: tuple[str, ...], value: Any, said: str
) -> None:
    data: Any = copy.deepcopy(GOOD)
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadPack) as raised:
        parse_pack(data, "law@1.toml")
    assert str(raised.value).startswith(said)
    assert "\n" not in str(raised.value)


def test_the_good_pack_of_these_tests_is_good() -> None:
    assert parse_pack(GOOD, "law@1.toml").ref == "law@1"


def test_a_file_that_is_no_toml_is_named_and_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "bad@1.toml").write_text("[pack\n", "utf-8")
    good = installed_text("hsg250@1").replace('gases_from = "gb30871-2022@1"\n', "")
    (tmp_path / "hsg250@1.toml").write_text(good, "utf-8")
    found = read_shelf(tmp_path)
    assert found.broken["bad@1"].startswith("bad@1.toml: ")
    assert list(found.packs) == ["hsg250@1"]
    with pytest.raises(BadPack, match=r"bad@1\.toml"):
        bind(("bad@1",), found)


def installed_text(ref: str) -> str:
    import services.seven_steps

    return (Path(services.seven_steps.__file__).parent / "rule_packs" / f"{ref}.toml").read_text("utf-8")


def test_every_pack_of_this_release_can_be_used() -> None:
    assert installed().broken == {}
    assert {name.partition("@")[0] for name in installed().packs} >= set(ALL)


def test_every_number_has_its_clause_and_its_text_in_both_languages() -> None:
    for one in installed().packs.values():
        for name, number in one.numbers.items():
            assert number.clause and set(number.text) == set(LANGUAGES), (one.ref, name)


def test_the_alarm_table_of_the_standard_is_data_and_the_codes_in_use_are_in_it() -> None:
    table = set(installed().packs["aq3064-2025@1"].alarms)
    local = {code for code, said in codes.ALARMS.items() if "local" in said}
    assert set(codes.ALARMS) - local <= table
    assert len(table) == 22


# ---- packs together ------------------------------------------------------------------------------------------------

STRICTER = [
    # name, way, law one, law two, the value in force, who decided
    ("the lower of two wins where lower is stricter", "lower", "30", "20", "20", "two@1"),
    ("the first of equal ones is named", "lower", "30", "30", "30", "one@1"),
    ("the lower one first", "lower", "20", "30", "20", "one@1"),
    ("the higher of two wins where higher is stricter", "higher", "30", "60", "60", "two@1"),
    ("the higher one first", "higher", "60", "30", "60", "one@1"),
]


@pytest.mark.parametrize(("name", "way", "one", "two", "value", "who"), STRICTER, ids=[row[0] for row in STRICTER])
def test_the_stricter_pack_wins_and_is_named(name: str, way: str, one: str, two: str, value: str, who: str) -> None:
    rules = bind(("one", "two"), shelf(pack("one", n=(one, way)), pack("two", n=(two, way))))
    found = rules.bound("n", Board())
    assert found is not None and (found.value, found.pack) == (Decimal(value), who)


OWN = [
    ("a tighter policy wins", "lower", "20", "20", "site"),
    ("an equal policy leaves it to the law", "lower", "30", "30", "law@1"),
    ("a looser policy never wins", "lower", "31", "30", "law@1"),
    ("a higher policy wins where higher is stricter", "higher", "31", "31", "site"),
    ("a lower policy never wins there", "higher", "29", "30", "law@1"),
]


@pytest.mark.parametrize(("name", "way", "own", "value", "who"), OWN, ids=[row[0] for row in OWN])
def test_the_sites_own_policy_may_only_tighten(name: str, way: str, own: str, value: str, who: str) -> None:
    rules = bind(("law",), shelf(pack("law", n=("30", way))))
    found = rules.bound("n", replace(Board(), policies={"n": own}))
    assert found is not None and (found.value, found.pack) == (Decimal(value), who)


def test_where_no_law_speaks_the_policy_is_the_sites() -> None:
    rules = bind((), Shelf({"site-policy@1": parse_pack(pack("site-policy", policy=True, n=("60", "higher")))}, {}))
    found = rules.bound("n", replace(Board(), policies={"n": "5"}))
    assert found is not None and (found.value, found.pack) == (Decimal(5), "site")


def test_a_policy_pack_that_loosens_a_law_is_refused_at_load() -> None:
    policy = pack("house", policy=True, n=("31", "lower"))
    with pytest.raises(BadPack, match=r"^house@1.toml: numbers.n.value: 31 min loosens 30 min of law@1 \(1.1\)$"):
        bind(("law", "house"), shelf(pack("law", n=("30", "lower")), policy))
    bind(("law", "house"), shelf(pack("law", n=("30", "lower")), pack("house", policy=True, n=("30", "lower"))))


def test_packs_that_do_not_fit_each_other_are_refused() -> None:
    with pytest.raises(BadPack, match=r"two@1.toml: numbers.n.stricter: higher here, lower in one@1"):
        bind(("one", "two"), shelf(pack("one", n=("1", "lower")), pack("two", n=("1", "higher"))))
    with pytest.raises(BadPack, match="law is chosen twice"):
        bind(("law@1", "law@2"), shelf(pack(n=("1", "lower")), pack(version=2, n=("1", "lower"))))


def test_an_old_version_stays_and_a_bare_name_is_the_newest() -> None:
    both = shelf(pack(n=("30", "lower")), pack(version=2, n=("20", "lower")), pack(version=10, n=("10", "lower")))
    assert bind(("law@1",), both).number("n", Board()) == 30
    assert bind(("law@2",), both).number("n", Board()) == 20
    assert bind(("law",), both).number("n", Board()) == 10
    with pytest.raises(BadPack, match="law@3: no such rule pack is installed"):
        bind(("law@3",), both)


# ---- what binds what (reading A10.14) ------------------------------------------------------------------------------

AIR = [
    # gas, value, packs, permit, passes
    ("10 % of its LEL is the limit for entry", "hydrogen", "0.4", ("osha-1910",), PIT, True),
    ("above 10 % of its LEL nobody enters", "hydrogen", "0.401", ("osha-1910",), PIT, False),
    ("GB lets hydrogen go to 0.5", "hydrogen", "0.5", ("gb30871-2022",), PIT, True),
    ("with both the stricter is 10 % LFL", "hydrogen", "0.401", ("gb30871-2022", "osha-1910"), PIT, False),
    ("for propane GB's 0.2 is stricter", "propane", "0.2", ("gb30871-2022", "osha-1910"), PIT, True),
    ("and 0.21 is too much with both", "propane", "0.21", ("gb30871-2022", "osha-1910"), PIT, False),
    ("but not for OSHA alone", "propane", "0.21", ("osha-1910",), PIT, True),
    ("oxygen above 21 is GB's bound", "oxygen", "21.1", ("gb30871-2022", "osha-1910"), PIT, False),
    ("OSHA lets it go to 23.5", "oxygen", "23.5", ("osha-1910",), PIT, True),
    ("and no further", "oxygen", "23.6", ("osha-1910",), PIT, False),
    ("both ask for 19.5", "oxygen", "19.5", ("gb30871-2022", "osha-1910"), PIT, True),
    ("and 19.4 is too little", "oxygen", "19.4", ("osha-1910",), PIT, False),
]


@pytest.mark.parametrize(("name", "which", "value", "packs", "permit", "ok"), AIR, ids=[row[0] for row in AIR])
def test_limits_of_several_packs(name: str, which: str, value: str, packs: Any, permit: str, ok: bool) -> None:
    world, rules = ready_for(Boundary.ISSUE), rulebook(packs)
    assert gas.passes(Decimal(value), rules.gas(which), rules, world.board, world.permit(permit)) is ok


def test_ten_per_cent_binds_entry_and_not_hot_work_outside() -> None:
    w, rules = ready_for(Boundary.ISSUE), rulebook(("gb30871-2022", "osha-1910"))
    hydrogen = rules.gas("hydrogen")
    w.change_permit(HOT, facts={**w.permit(HOT).facts, "inside_confined_space": False})
    assert gas.passes(Decimal("0.5"), hydrogen, rules, w.board, w.permit(HOT))
    w.change_permit(HOT, facts={**w.permit(HOT).facts, "inside_confined_space": True})
    assert not gas.passes(Decimal("0.5"), hydrogen, rules, w.board, w.permit(HOT))


def refusals(world: World, rules: Rules, actor: str, type_: str, payload: Any = None, permit: str = HOT) -> Any:
    command = world.command(actor, type_, payload, job_id=walk.JOB, permit_id=permit)
    return decide(world.board, command, world.now, rules)


def test_the_refusal_names_the_pack_whose_number_decided() -> None:
    w = ready_for(Boundary.START).later(minutes=30, seconds=1)
    outcome = refusals(w, rulebook(ALL), "lead", "start", {"unchanged": True})
    (old,) = {r.packs for r in outcome.refusals if r.code == "G-GAS-2"}
    assert old == ("gb30871-2022@1",)
    w.board = replace(w.board, policies={"gas_age_before_start": "20"})
    outcome = refusals(w, rulebook(ALL), "lead", "start", {"unchanged": True})
    assert {r.packs for r in outcome.refusals if r.code == "G-GAS-2"} == {("site",)}
    assert all(r.packs for r in outcome.refusals), "every gate says whose rule it is"


def test_an_open_gate_says_which_pack_decided_too() -> None:
    outcome = refusals(ready_for(Boundary.START), rulebook(ALL), "lead", "start", {"unchanged": True})
    numbers = {v.gate.id: v.numbers for v in outcome.gates}
    assert numbers["G-GAS-2"] == {"gas_age_before_start": "gb30871-2022@1"}
    assert numbers["G-RUN-4"] == {"start_window": "site-policy@1"}
    assert numbers["G-RUN-0"] == {}


def test_of_several_bounds_the_one_that_was_crossed_is_named() -> None:
    w = ready_for(Boundary.START)
    walk.sample_air(w, PIT, {"oxygen": ("22", "%vol")})
    outcome = refusals(w, rulebook(ALL), "lead", "start", {"unchanged": True}, PIT)
    assert {r.packs for r in outcome.refusals if r.code == "G-GAS-3"} == {("gb30871-2022@1",)}


def test_a_fire_watch_is_the_policys_sixty_even_where_a_law_asks_for_thirty() -> None:
    rules = rulebook(ALL)
    assert rules.duration("fire_watch", Board()) == timedelta(minutes=60)
    board = replace(Board(), policies={"fire_watch": "30"})
    found = rules.bound("fire_watch", board)
    assert found is not None and (found.value, found.pack) == (30, "osha-1910@1")


# ---- which gates bind where ----------------------------------------------------------------------------------------


def test_every_gate_names_where_it_comes_from() -> None:
    nameless = [gate.id for gate in GATES if not packs_named(gate.source) and "policy" not in gate.source.lower()]
    assert nameless == []


def test_gates_of_a_law_bind_only_where_its_pack_is() -> None:
    hsg = {gate.id for boundary in Boundary for gate in gates_at(boundary, frozenset({"hsg250", "site-policy"}))}
    gb = {gate.id for boundary in Boundary for gate in gates_at(boundary, frozenset({"gb30871-2022", "site-policy"}))}
    everything = {gate.id for boundary in Boundary for gate in gates_at(boundary, frozenset(ALL))}
    assert everything == {gate.id for gate in GATES}
    assert "G-LV-2" in gb and "G-LV-2" not in hsg
    assert "G-PL-1" in everything and "G-PL-1" not in gb
    assert hsg >= {gate.id for gate in GATES if gate.source.startswith("Policy")}
    assert hsg >= {gate.id for gate in GATES if gate.packs == EVERYWHERE}


@pytest.mark.parametrize("packs", CHOICES, ids=["+".join(packs) for packs in CHOICES])
def test_any_choice_of_packs_can_judge_every_boundary(packs: tuple[str, ...]) -> None:
    """No gate that binds asks for a number which the site's packs do not have."""
    from services.seven_steps.judge import judge
    from services.timekeeper.due import due

    rules = rulebook(packs)
    for boundary in (
        Boundary.ASSESS, Boundary.PLAN, Boundary.BRIEF, Boundary.SURVEY, Boundary.ISSUE, Boundary.START,
        Boundary.ENTER, Boundary.RESUME, Boundary.COMPLETE, Boundary.ACCEPT, Boundary.REVIEW,
    ):  # fmt: skip
        world = ready_for(boundary)
        for permit_id in (HOT, PIT):
            judge(world.board, boundary, world.job, world.permit(permit_id), world.now, rules)
        list(due(world.board, world.now, rules))


def test_reading_all_packs_takes_less_than_a_second() -> None:
    """From nothing, imports included (the issue: start-up with the full packs < 1 s)."""
    code = (
        "import time; t = time.perf_counter(); from services.rulebook import rulebook;"
        f" rulebook({ALL!r}); print(time.perf_counter() - t)"
    )
    took = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert float(took.stdout) < 1
