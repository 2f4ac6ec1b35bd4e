"""One catalogue a language, the same keys in both, and nothing that a page asks for is missing."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

import pytest

from schemas.commands.base import REGISTRY
from services.gateway.pages import controls, formats
from services.gateway.pages.controls import Builder, Control
from services.gateway.pages.form_page import WITHOUT_FORM
from services.gateway.texts import LANGUAGES, UUID, VALUE_GROUPS, both, catalogue, reason_text, texts
from services.rulebook import UNITS, rulebook
from services.seven_steps import codes, roles
from services.seven_steps.commands import COMMANDS
from services.seven_steps.gate import Boundary
from services.seven_steps.gates import GATES
from services.seven_steps.simops_matrix import MATRIX
from services.seven_steps.work_types import TYPES
from tests.pages.sources import missing_words, value_words

EN, ZH = (catalogue(lang) for lang in LANGUAGES)
CJK = re.compile(r"[\u4e00-\u9fff]")


def test_both_languages_have_the_same_keys() -> None:
    assert set(EN) ^ set(ZH) == set()


def test_both_languages_fill_the_same_placeholders() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    differing = {key for key in EN if names(EN[key]) != names(ZH[key])}
    # word order may leave a number of the month for its name, and a plural's number may be words
    assert {key for key in differing if not key.startswith("date.")} == set()


def test_no_text_is_empty_and_english_texts_hold_no_chinese_but_what_is_bilingual() -> None:
    assert [key for key in EN if not EN[key].strip() or not ZH[key].strip()] == []
    bilingual = ("app.", "language_self.", "signin.language_both", "stop.word_zh")
    assert [key for key in EN if key.startswith("field.") and EN[key][0].islower()] == []  # a label begins as one
    assert [key for key, text in EN.items() if CJK.search(text) and not key.startswith(bilingual)] == []


def test_the_words_between_the_standards_of_a_rule_are_in_the_readers_language() -> None:
    sources = {gate.source for gate in GATES} | {row.source for row in MATRIX}
    standards = {"CFR", "GBZ", "HSG", "NFPA"}
    for source in sources:
        assert texts("en").clause(source) == source
        left = set(re.findall(r"[A-Za-z]{3,}", texts("zh-CN").clause(source)))
        assert left <= standards, source


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_gate_has_a_title(lang: str) -> None:
    assert [gate.id for gate in GATES if f"gate.{gate.id}.title" not in catalogue(lang)] == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_gate_says_its_predicate_in_words(lang: str) -> None:
    """`rules show` prints it: what is compared with what, so that nobody need read code."""
    assert [gate.id for gate in GATES if f"gate.{gate.id}.rule" not in catalogue(lang)] == []


def test_no_predicate_is_told_of_a_gate_that_is_not_there() -> None:
    told = {key.split(".")[1] for key in EN if key.startswith("gate.") and key.endswith(".rule")}
    assert told - {gate.id for gate in GATES} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_that_can_be_missing_has_a_phrase(lang: str) -> None:
    said = catalogue(lang)
    assert [what for what in sorted(missing_words() | set(codes.REFUSALS)) if f"missing.{what}.fact" not in said] == []


def test_every_word_of_a_gates_value_is_known() -> None:
    said = texts("en")
    unknown = [word for word in value_words() if not any(f"{group}.{word}" in EN for group in VALUE_GROUPS)]
    assert sorted(unknown) == []
    assert said.value("≥ 40 :characters") == "≥ 40 characters"
    assert said.value(":level_special") == "special level"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_words_of_the_rules_are_known(lang: str) -> None:
    said = catalogue(lang)
    rules = rulebook()
    wanted = [f"role.{role}" for role in roles.ROLES | {"anyone", "service"}]
    wanted += [f"kind.{kind}" for kind in TYPES]
    wanted += [f"node.{node}" for node in roles.NODE_ROLES]
    wanted += [f"alarm.{code}" for code in codes.ALARMS]
    wanted += [f"boundary.{boundary.value}" for boundary in Boundary]
    wanted += [f"gas.{gas}" for pack in rules.packs for gas in pack.gases]
    wanted += [f"trade.{trade}" for trade in rules.listed("certified_trades")]
    for kind in TYPES:
        wanted += [f"measure.{kind}.{line}" for line in rules.listed(f"measures_{kind}")]
        wanted += [f"hazard.{hazard}" for hazard in rules.listed(f"hazards_{kind}")]
    assert [key for key in wanted if key not in said] == []


@pytest.mark.parametrize("type_", sorted(set(COMMANDS)))
def test_every_command_says_what_it_is_what_to_press_and_what_did_not_happen(type_: str) -> None:
    for lang in LANGUAGES:
        for part in ("title", "verb", "not_done"):
            assert f"command.{type_}.{part}" in catalogue(lang), f"{lang}: command.{type_}.{part}"


def _labels(controls: tuple[Control, ...]) -> set[str]:
    found: set[str] = set()
    for control in controls:
        if control.label and control.kind != "fixed":
            found.add(control.label)
        found |= _labels(control.children)
        for item in control.items:
            found |= _labels(item)
    return found


@pytest.mark.parametrize("type_", sorted({type_ for type_, _ in REGISTRY} - WITHOUT_FORM))
def test_every_field_of_every_form_has_a_label(type_: str) -> None:
    said = texts("en")
    builder = Builder(type_, lambda _kind, _name: [("x", "x")], said.has, said.word)
    labels = _labels(builder.controls(REGISTRY[type_, 1].payload, {}))
    assert [label for label in labels if not said.has(label)] == []


def _answers(controls: Sequence[Control]) -> set[str]:
    """What is to choose from in these controls and inside them, as their labels say it."""
    found: set[str] = set()
    for one in controls:
        if one.kind in ("choice", "choice_int", "many"):
            found |= {label for _, label in one.choices}
        for inner in (one.children, *one.items):
            found |= _answers(inner)
    return found


@pytest.mark.parametrize("type_", sorted({type_ for type_, _ in REGISTRY} - WITHOUT_FORM))
def test_every_answer_to_choose_from_is_told_in_words(type_: str) -> None:
    builder = Builder(type_, lambda _kind, _name: [], texts("en").has, lambda group, code: f"{group}.{code}")
    assert sorted(_answers(builder.controls(REGISTRY[type_, 1].payload, {})) - set(EN)) == []


def test_a_step_to_send_back_to_is_told_by_its_name() -> None:
    said = texts("zh-CN")
    form = Builder("send_back", lambda _kind, _name: [], said.has, said.word).controls(
        REGISTRY["send_back", 1].payload, {}
    )
    assert form[0].choices == (("1", "风险评估"), ("2", "工作计划"), ("3", "安全交底"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_unit_is_in_the_catalogue(lang: str) -> None:
    """Of the rules, of the forms and of what a ticket states; answers and means are no units."""
    wanted = (UNITS - {"yes/no", "means"}) | {*controls.UNITS.values(), *formats.UNITS.values()}
    assert sorted(unit for unit in wanted if f"unit.{unit}" not in catalogue(lang)) == []


@pytest.mark.parametrize(("value", "told"), [
    ("≤ 30 d", "≤ 30 天"), ("34:07 min", "34:07 分钟"), ("0.2 – 5 m", "0.2 – 5 m"), ("> 12.5 m/s", "> 12.5 m/s"),
    ("≤ 10 mg/m3", "≤ 10 mg/m³"), ("≥ 40 :characters", "≥ 40 字"), ("2 :workers", "2 作业人员"), ("7 dm", "7 dm"),
    (":fact_hand_dig ≤ 0.5 m", "管线附近人工开挖 ≤ 0.5 m"),
])  # fmt: skip
def test_a_number_in_a_reason_has_its_unit_in_the_readers_language(value: str, told: str) -> None:
    assert texts("zh-CN").value(value) == told
    assert texts("en").value("≤ 30 d") == "≤ 30 d"


def test_what_a_reason_is_about_keeps_its_own_letters() -> None:
    assert "“泵 3 h”" in reason_text("zh-CN", "hazard", "泵 3 h")


def test_a_reason_without_a_phrase_falls_back_to_its_gate() -> None:
    told = both("something_new", code="G-GAS-2")
    assert told["en"].startswith("Must hold: the gas sample is at most 30 min old")
    assert told["zh-CN"].startswith("须成立：气样不超过 30 分钟")


def test_a_reason_names_no_uuid() -> None:
    told = reason_text("en", "plan_document", "0b7f3a1c-9f3e-4a67-8a2e-2f6c58b1a001", ":none", ":hot_special_plan")
    assert not any(UUID.match(word.strip("().,")) for word in told.split())
