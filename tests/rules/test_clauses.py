"""Each clause has one row that says what holds it, and what it names is there: counted from the code, never typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from services.clauses import (
    CHECKLIST,
    ENFORCED,
    NOT_ENFORCEABLE,
    UNCOVERED,
    BadClauses,
    Clause,
    absent,
    counts_as,
    coverage,
    exists,
    line_exists,
    naming,
    read_standards,
    readings,
    same_gate,
    standards,
)
from services.desk import rule_facts
from services.gateway.texts import LANGUAGES, catalogue
from services.seven_steps.gates import GATES
from services.seven_steps.work_types import TYPES

ROWS = {standard.id: {clause.id: clause for clause in standard.clauses} for standard in standards()}
ALL = [clause for rows in ROWS.values() for clause in rows.values()]
TEXT = {"en": "x", "zh-CN": "十"}


def spread(text: str) -> list[str]:
    """ "4.1-4.3 4.10 6.3:a-f" -> each clause id."""
    found: list[str] = []
    for word in text.split():
        number, _, letters = word.partition(":")
        if letters:
            first, last = letters[0], letters[-1]
            found += [f"{number} {chr(letter)}" for letter in range(ord(first), ord(last) + 1)]
        elif "-" in number:
            chapter, start, end = re.fullmatch(r"(.+\.)(\d+)-(?:.+\.)?(\d+)", number).groups()  # type: ignore[union-attr]
            found += [f"{chapter}{n}" for n in range(int(start), int(end) + 1)]
        else:
            found.append(number)
    return found


#: Every numbered clause the project's sources name (chapters 4-12 of GB 30871, 4-8 of AQ 3064.2), letters where named.
WANTED = {
    "gb30871": """4.1-4.18 4.4:b 4.5:c 4.10:f 4.11:a-b 5.1 5.1.1 5.1.2 5.1.5 5.2.1-5.2.16 5.3.1:a-d 5.3.2
        5.4.2:a-d 5.5 5.5.2 6.1 6.2 6.3:a-f 6.4-6.10 6.8:c 6.9:a-g 7.1-7.12 8.1 8.1.2 8.2.1-8.2.11 9.1
        9.2.1-9.2.9 9.2.10:a-g 9.2.11-9.2.14 10.1-10.5 10.6:a-h 10.7 10.8 11.1-11.4 11.5:a-g
        11.6-11.11 12.1-12.5 A.1-A.8 B.1-B.3""",
    "aq3064-2": """4.2 5.1 5.2 5.2.1 5.3.1 5.3.2 5.4.1-5.4.5 5.5.1-5.5.3 5.6 5.6.3-5.6.6 5.7 5.7.2 5.8
        5.8.3 5.9.1-5.9.10 5.10 5.10.7 5.10.9 5.10.10 5.11 5.11.3 5.12 5.13 6 6.1 6.2 7 7.1 7.2 8""",
    "hsg250": "",
    "osha-1910": "",
}
MISSING_PARENTS = {"6.9"}  # only its letters say anything


@pytest.mark.parametrize("standard", sorted(WANTED))
def test_every_clause_the_sources_name_has_a_row(standard: str) -> None:
    wanted = set(spread(WANTED[standard])) - MISSING_PARENTS
    assert wanted - set(ROWS[standard]) == set()


def test_hsg250_has_its_13_elements_and_1910_146_its_15_contents() -> None:
    assert list(ROWS["hsg250"]) == [f"element {n}" for n in range(1, 14)]
    wanted = [f"1910.146(e)({n})" for n in range(1, 7)] + [f"1910.146(f)({n})" for n in range(1, 16)]
    wanted += ["1910.147(e)(3)", *(f"1910.147(f)({n})" for n in range(2, 5))]
    assert list(ROWS["osha-1910"]) == wanted


def test_what_a_row_names_is_there_or_is_being_built() -> None:
    gone = {f"{clause.ref}: {name}" for clause in ALL for name in absent(clause)}
    assert gone == set()


def test_every_command_and_alarm_and_line_named_has_a_word_in_both_languages() -> None:
    for lang in LANGUAGES:
        said = catalogue(lang)
        for clause in ALL:
            lines = [f"measure.{line.replace('/', '.')}" for line in clause.lines if line_exists(line)]
            named = [n.partition(":") for n in clause.by if exists(n)]
            keys = [f"command.{rest}.title" for kind, _, rest in named if kind == "command"]
            keys += [f"alarm.{rest}" for kind, _, rest in named if kind == "alarm"]
            assert [key for key in lines + keys if key not in said] == [], clause.ref


def test_the_counts_add_up_and_are_counted() -> None:
    told = coverage()
    assert list(told) == ["clauses", ENFORCED, CHECKLIST, NOT_ENFORCEABLE, UNCOVERED]
    assert told["clauses"] == len(ALL) == sum(n for kind, n in told.items() if kind != "clauses")


@pytest.mark.parametrize(
    "clause, counts",
    [
        (Clause("s", "1", TEXT, by=("G-GAS-2",)), ENFORCED),
        (Clause("s", "1", TEXT, by=("G-CR-2",)), ENFORCED),  # the parent means any of its letters
        (Clause("s", "1", TEXT, by=("alarm:01", "command:issue")), ENFORCED),
        (Clause("s", "1", TEXT, lines=("hot_work/16",)), CHECKLIST),
        (Clause("s", "1", TEXT, by=("G-GAS-2",), lines=("hot_work/1",)), ENFORCED),
        (Clause("s", "1", TEXT, why_not=TEXT), NOT_ENFORCEABLE),
        (Clause("s", "1", TEXT, by=("G-GAS-99",)), UNCOVERED),
        (Clause("s", "1", TEXT, by=("G-GAS-2", "G-GAS-99")), UNCOVERED),
        (Clause("s", "1", TEXT, by=("alarm:00",)), UNCOVERED),
        (Clause("s", "1", TEXT, by=("command:fly",)), UNCOVERED),
        (Clause("s", "1", TEXT, lines=("hot_work/17",)), UNCOVERED),
        (Clause("s", "1", TEXT, by=("G-GAS-2",), lines=("dancing/1",)), UNCOVERED),
        (Clause("s", "1", TEXT, why_not=TEXT, work="dancing"), UNCOVERED),
    ],
)
def test_a_row_counts_as_what_it_names_if_all_of_it_is_there(clause: Clause, counts: str) -> None:
    assert counts_as(clause) == counts


# ---- gates and rows speak of the same clauses ----------------------------------------------------------------------

NAMES = {"GB 30871-2022": "gb30871", "AQ 3064.2-2025": "aq3064-2"}
CITED = re.compile(r"(?:annex |table )?([A-B]\.\d|[A-B]|\d+(?:\.\d+)+)(?:-(\d+(?:\.\d+)+))?(?: ([a-z])\b)?")


def cited(source: str) -> list[tuple[str, str]]:
    """Each clause of a gate's source: "GB 30871-2022 4.16-4.17; AQ 3064.2-2025 5.8" -> three."""
    found = []
    for part in re.sub(r"\([^)]*\)", "", source).split(";"):
        name = next((name for name in NAMES if name in part), "")
        for number, end, letter in CITED.findall(part.split(name)[1]) if name else ():
            ids = spread(f"{number}-{end}") if end else [f"{number} {letter}" if letter else number]
            found += [(NAMES[name], one) for one in ids]
    return found


def test_a_source_is_taken_apart_into_its_clauses() -> None:
    assert cited("GB 30871-2022 5.3.1 c, 6.3 a; AQ 3064.2-2025 5.4.3") == [
        ("gb30871", "5.3.1 c"),
        ("gb30871", "6.3 a"),
        ("aq3064-2", "5.4.3"),
    ]
    assert cited("GB 30871-2022 4.16-4.17; policy") == [("gb30871", "4.16"), ("gb30871", "4.17")]
    assert cited("Policy (HSG250)") == []


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.id)
def test_every_clause_a_gate_cites_has_a_row_that_names_the_gate(gate) -> None:
    for standard, number in cited(gate.source):
        near = [
            clause
            for key, clause in ROWS[standard].items()
            if key == number or key.startswith((f"{number} ", f"{number}.")) or number.startswith(f"{key} ")
        ]
        assert any(same_gate(name, gate.id) for clause in near for name in clause.by), f"{standard} {number}"


def test_a_law_number_without_a_gate_is_no_clause_held() -> None:
    """A clause that a pack's number cites has a row."""
    for pack in rule_facts.newest_packs():
        standard = {"gb30871-2022": "gb30871", "aq3064-2025": "aq3064-2"}.get(pack.id)
        for name, number in pack.numbers.items() if standard else ():
            for _, one in cited(f"{'GB 30871-2022' if standard == 'gb30871' else 'AQ 3064.2-2025'} {number.clause}"):
                if "3064.3" in number.clause:
                    continue  # part 3 of AQ 3064, positioning: no chapter of the rows
                rows = [key for key in ROWS[str(standard)] if key == one or key.startswith((f"{one} ", one[:-2]))]
                assert rows, f"{pack.ref} {name}: {one}"


def test_naming_finds_rows_by_gate_parent_and_alarm() -> None:
    assert "5.3.1 c" in {clause.id for clause in naming("G-GAS-2")}
    assert "6.8 c" in {clause.id for clause in naming("G-CS-2a")}
    assert {clause.id for clause in naming("alarm:02")} >= {"5.3.1 c", "5.4.3"}
    assert naming("G-GAS-99") == ()


# ---- readings ------------------------------------------------------------------------------------------------------


def test_the_readings_are_numbered_and_bear_on_what_there_is() -> None:
    assert [one.no for one in readings()] == list(range(1, 23))
    numbers = {name for pack in rule_facts.newest_packs() for name in pack.numbers}
    gone = [n for one in readings() for n in one.bears_on if n not in numbers and not exists(n)]
    assert gone == []


# ---- bad data ------------------------------------------------------------------------------------------------------

HEAD = '[standard]\nid = "s"\nname = "S"\ntitle = { en = "s", "zh-CN" = "标" }\n'
ROW = '[[clause]]\nid = "1"\nen = "x"\nzh-CN = "十"\nenforced = ["G-GAS-2"]\n'


@pytest.mark.parametrize(
    "text, said",
    [
        ("[standard\n", "s.toml: "),
        ('[standard]\nid = "s"\n', "s.toml: name: is missing"),
        (HEAD + ROW + ROW, "s.toml: 1: stands twice"),
        (HEAD + ROW.replace("zh-CN = ", "zh = "), "s.toml: 1: zh: unknown key"),
        (HEAD + ROW.replace('en = "x"\n', ""), "s.toml: 1: en: is missing"),
        (HEAD + ROW.replace('enforced = ["G-GAS-2"]', "enforced = []"), "says neither enforced nor checklist"),
        (HEAD + ROW.replace('["G-GAS-2"]', '"G-GAS-2"'), "s.toml: 1: must be a list of names"),
        (HEAD + ROW + 'not_enforceable = { en = "x" }\n', "s.toml: 1: zh-CN: is missing"),
    ],
)
def test_a_slip_in_the_rows_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    with pytest.raises(BadClauses, match=re.escape(said)):
        read_standards(tmp_path)


def test_types_that_rows_are_about_are_types_of_the_product() -> None:
    assert {clause.work for clause in ALL} - {""} <= set(TYPES)
