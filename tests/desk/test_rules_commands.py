"""`sevengates rules`: any gate, number, alarm or clause is answered in one command, in both languages."""

from __future__ import annotations

import json

import pytest

from services.clauses import standards
from services.desk import rule_facts
from services.desk.cli import main
from services.desk.exits import OK, USAGE
from services.gateway.texts import LANGUAGES
from services.seven_steps import codes
from services.seven_steps.gates import GATES

VECTOR = """[[vector]]
gate = "{gate}"
at = "start"
name = "age 30:01 is too old"
kind = "outside"
expect = "shut"
"""


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch, tmp_path):
    for name in ("DATA", "LOG_URL", "PORT", "PASSWORD"):
        monkeypatch.delenv(f"SEVENGATES_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def told(capsys, *argv: str):
    assert main(["rules", *argv, "--json"]) == OK
    return json.loads(capsys.readouterr().out)


# ---- list ----------------------------------------------------------------------------------------------------------


def test_the_list_has_every_gate_and_every_number_with_a_line_in_words(capsys):
    listed = told(capsys, "list")
    assert [gate["id"] for gate in listed["gates"]] == [gate.id for gate in GATES]
    names = {(number["pack"], number["number"]) for number in listed["numbers"]}
    assert names == {(pack.ref, name) for pack in rule_facts.newest_packs() for name in pack.numbers}
    for row in listed["gates"] + listed["numbers"]:
        assert all(row["text"][lang].strip() for lang in LANGUAGES), row


@pytest.mark.parametrize("name", ["gb30871-2022", "gb30871-2022@1"])
def test_the_list_of_one_pack_has_only_what_it_brings(name, capsys):
    listed = told(capsys, "list", "--pack", name)
    assert listed["packs"] == ["gb30871-2022@1"]
    assert {number["pack"] for number in listed["numbers"]} == {"gb30871-2022@1"}
    ids = {gate["id"] for gate in listed["gates"]}
    assert "G-GAS-2" in ids and "G-SV-6a" not in ids and "G-RUN-4" not in ids


def test_policies_have_their_own_gates(capsys):
    assert "G-RUN-4" in {gate["id"] for gate in told(capsys, "list", "--pack", "site-policy")["gates"]}


def test_the_list_speaks_the_language_chosen(capsys):
    assert main(["rules", "list", "--lang", "zh-CN"]) == OK
    assert "气样不超过 30 分钟" in capsys.readouterr().out


# ---- show ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.id)
def test_every_gate_can_be_shown(gate, lang, capsys):
    assert main(["rules", "show", gate.id, "--lang", lang]) == OK
    shown = capsys.readouterr().out
    assert gate.ref in shown and gate.source in shown and "⟦" not in shown


def test_a_gate_is_told_with_clause_edition_boundaries_alarm_numbers_clauses_and_readings(capsys):
    (gate,) = told(capsys, "show", "G-GAS-2")
    assert gate["source"].startswith("GB 30871-2022 5.3.1 c")
    assert "GB 30871-2022, in force 2022-10-01" in gate["editions"]
    assert gate["at"] == ["issue", "start"] and gate["alarm"] == "02" and gate["effect"] == "block"
    assert {"number": "gas_age_before_start", "value": "30", "unit": "min", "clause": "5.3.1 c, 6.3 a"}.items() <= next(
        row for row in gate["numbers"] if row["pack"].startswith("gb30871")
    ).items()
    assert "GB 30871-2022 5.3.1 c" in {row["clause"] for row in gate["clauses"]}
    assert {"A10.1", "A10.5"} <= {row["reading"] for row in gate["readings"]}
    assert gate["shut_when"] and all(gate["rule"][lang] for lang in LANGUAGES)


def test_a_parent_id_shows_all_its_letters(capsys):
    assert [gate["id"] for gate in told(capsys, "show", "G-CR-2")] == ["G-CR-2a", "G-CR-2b", "G-CR-2c"]


def test_a_version_may_stand_behind_the_id(capsys):
    assert [gate["gate"] for gate in told(capsys, "show", "G-GAS-2@1")] == ["G-GAS-2@1"]


def test_a_policy_number_says_that_a_site_may_change_it(capsys):
    assert main(["rules", "show", "G-RUN-4"]) == OK
    shown = capsys.readouterr().out
    assert "start_window = 60 min" in shown and "policy: a site may change it" in shown and "A10.17" in shown


@pytest.mark.parametrize("code", sorted(codes.ALARMS))
def test_every_alarm_can_be_shown_and_says_who_raises_it(code, capsys):
    (alarm,) = told(capsys, "show", code)
    assert all(alarm["text"][lang] for lang in LANGUAGES)
    assert alarm["local"] is (code > "90" or "06" <= code <= "09")
    assert alarm["gates"] or alarm["files"], f"nothing raises {code}"


def test_an_alarm_may_be_named_as_the_clauses_name_it(capsys):
    assert told(capsys, "show", "alarm:02") == told(capsys, "show", "02")


def test_a_number_shows_its_packs_and_its_gates(capsys):
    (number,) = told(capsys, "show", "fire_watch")
    assert {row["pack"] for row in number["values"]} == {"osha-1910@1", "site-policy@1"}
    assert "G-HOT-3a" in number["gates"]
    assert {"A10.14", "A10.17"} <= {row["reading"] for row in number["readings"]}
    assert main(["rules", "show", "fire_watch", "--lang", "zh-CN"]) == OK
    assert "政策：现场可更改" in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", ["5.3.1 c", "GB 30871-2022 5.3.1 c", "gb30871 5.3.1  c", "1910.146(f)(10)", "element 11"]
)
def test_a_clause_is_answered_too(name, capsys):
    assert main(["rules", "show", name]) == OK
    assert "counts as" in capsys.readouterr().out


def test_a_clause_without_its_letter_means_all_of_them(capsys):
    found = {row["clause"] for row in told(capsys, "show", "GB 30871-2022 5.3.1")}
    assert found == {f"GB 30871-2022 5.3.1 {letter}" for letter in "abcd"}


def test_every_clause_can_be_shown_in_both_languages(capsys):
    for standard in standards():
        for clause in standard.clauses:
            for lang in LANGUAGES:
                assert main(["rules", "show", f"{standard.name} {clause.id}", "--lang", lang]) == OK
                assert "⟦" not in capsys.readouterr().out


@pytest.mark.parametrize("name", ["G-GAS-99", "00", "no_such_number", "13.1", ""])
def test_an_unknown_id_is_one_line(name, capsys):
    assert main(["rules", "show", name]) == USAGE
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1


def test_an_unknown_pack_names_those_there_are(capsys):
    assert main(["rules", "list", "--pack", "gb1"]) == USAGE
    assert "gb30871-2022" in capsys.readouterr().err


# ---- vectors -------------------------------------------------------------------------------------------------------


@pytest.fixture
def vectors(tmp_path, monkeypatch):
    """A folder of vectors in place of the working copy's."""
    folder = tmp_path / "vectors"
    folder.mkdir()
    monkeypatch.setattr(rule_facts, "VECTORS", folder)
    rule_facts._vectors.cache_clear()
    yield folder
    rule_facts._vectors.cache_clear()


def test_the_vectors_of_a_gate_are_shown_by_kind_with_what_they_expect(vectors, capsys):
    inside = VECTOR.replace("shut", "open", 1).replace("is too old", "is not").replace("outside", "inside")
    (vectors / "gas.toml").write_text(VECTOR.format(gate="G-GAS-2") + VECTOR.format(gate="G-GAS-3"))
    (vectors / "more.toml").write_text(inside.format(gate="G-GAS-2"))
    file = "tests/vectors/gas.toml"
    found = told(capsys, "show", "G-GAS-2")[0]["vectors"]
    assert [one["kind"] for one in found] == ["inside", "outside"]
    outside = {"kind": "outside", "name": "age 30:01 is too old", "at": "start", "expect": "shut", "file": file}
    assert found[1] == outside
    assert main(["rules", "show", "G-GAS-2"]) == OK
    assert f"outside, shut: age 30:01 is too old (starting work) · {file}" in capsys.readouterr().out


def test_installed_without_tests_one_line_says_so(vectors, capsys, monkeypatch):
    monkeypatch.setattr(rule_facts, "VECTORS", vectors / "none")
    assert main(["rules", "show", "G-GAS-2"]) == OK
    assert "not installed: the vectors are in tests/vectors of the source" in capsys.readouterr().out


# ---- coverage ------------------------------------------------------------------------------------------------------


def test_coverage_counts(capsys):
    counted = told(capsys, "coverage")
    assert list(counted) == ["clauses", "enforced", "checklist", "not_enforceable", "uncovered"]
    assert counted["clauses"] == sum(n for kind, n in counted.items() if kind != "clauses") > 250


@pytest.mark.parametrize("lang", LANGUAGES)
def test_coverage_in_words_names_each_uncovered_clause(lang, capsys):
    assert main(["rules", "coverage", "--lang", lang]) == OK
    shown = capsys.readouterr().out
    assert "⟦" not in shown
    for standard in standards():
        for clause in standard.clauses:
            row = rule_facts.clause_facts(clause)
            assert (f"{row['clause']}: " in shown) is bool(row["absent"])
