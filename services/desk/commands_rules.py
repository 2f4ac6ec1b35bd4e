"""`sevengates rules …`: which rules there are, what one of them asks, and which clauses of the standards are held."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from services.clauses import BadClauses, coverage, standards
from services.desk import exits, rule_facts, speak
from services.desk.exits import broken, usage
from services.gateway.texts import LANGUAGES, Texts, texts
from services.rulebook import installed
from services.settings import Settings
from services.seven_steps.gate import Gate, packs_named
from services.seven_steps.gates import GATES
from services.seven_steps.rules import Pack

Facts = Mapping[str, Any]


# ---- list ----------------------------------------------------------------------------------------------------------


def list_rules(args: argparse.Namespace, _settings: Settings) -> int:
    packs = [_pack(args.pack)] if args.pack else list(rule_facts.newest_packs())
    gates = [rule_facts.in_short(gate) for gate in GATES if not args.pack or _brings(packs[0], gate)]
    numbers = [rule_facts.number_facts(name, pack, number) for pack in packs for name, number in pack.numbers.items()]
    if args.json:
        speak.data({"packs": [pack.ref for pack in packs], "gates": gates, "numbers": numbers})
        return exits.OK
    lang = args.lang
    rows = [{**gate, "at": " ".join(gate["at"]), "what": gate["text"][lang]} for gate in gates]
    speak.table(rows, ("gate", "what", "source", "effect", "alarm", "at"))
    print()
    rows = [{**number, "what": number["text"].get(lang, "")} for number in numbers]
    speak.table(rows, ("number", "value", "unit", "what", "clause", "pack"))
    for ref, problem in sorted(installed().broken.items()):
        speak.say(f"{ref} can't be used: {problem}")
    return exits.OK


def _pack(name: str) -> Pack:
    found = [pack for pack in rule_facts.newest_packs() if name in (pack.id, pack.ref)]
    found += [pack for pack in installed().packs.values() if name == pack.ref]
    if not found:
        known = ", ".join(pack.id for pack in rule_facts.newest_packs())
        raise usage(f"there is no rule pack {name}; there are {known}")
    return found[0]


def _brings(pack: Pack, gate: Gate) -> bool:
    if pack.is_policy:
        return "policy" in gate.source.lower()
    return pack.id in gate.brought_by or pack.id in packs_named(gate.source)


# ---- show ----------------------------------------------------------------------------------------------------------


def show_rule(args: argparse.Namespace, _settings: Settings) -> int:
    """A gate (a parent id: all its letters), an alarm code, a number's name, or a clause."""
    name = " ".join(args.id.split())
    code = name.removeprefix("alarm:")
    said = texts(args.lang)
    show: Callable[[Texts, Facts], None]
    if gates := rule_facts.gates_called(name):
        found, show = [rule_facts.in_full(gate) for gate in gates], _show_gate
    elif rule_facts.is_alarm(code):
        found, show = [rule_facts.alarm_facts(code)], _show_alarm
    elif rule_facts.numbers_named(name):
        found, show = [rule_facts.number_in_full(name)], _show_number
    elif clauses := rule_facts.clauses_called(name):
        found, show = [{"kind": "clause", **rule_facts.clause_facts(clause)} for clause in clauses], _show_clause
    else:
        raise usage(said.t("rules.unknown", id=name))
    if args.json:
        speak.data(found)
        return exits.OK
    for number, one in enumerate(found):
        if number:
            print()
        show(said, one)
    return exits.OK


def _show_gate(said: Texts, gate: Facts) -> None:
    print(gate["gate"])
    _lines(said, "what", gate["text"].values())
    _lines(said, "rule", gate["rule"].values())
    _lines(said, "source", [gate["source"], *gate["editions"]])
    _lines(said, "binds", [" ".join(gate["packs"]) or said.t("rules.every_site")])
    _lines(said, "at", [said.word("boundary", boundary) for boundary in gate["at"]])
    effect = said.t(f"rules.effect.{gate['effect']}")
    if gate["suspends"]:
        effect += f" ({said.word('cause', gate['suspends'])})"
    _lines(said, "effect", [effect, *([said.t("rules.of_act")] if gate["judges_the_act"] else [])])
    _lines(said, "alarm", [f"{code} {said.word('alarm', code)}" for code in gate["alarms"]])
    _lines(said, "shut_when", [phrase[said.lang] for phrase in gate["shut_when"]])
    _lines(said, "evidence", [gate["evidence"]])
    _numbers(said, gate["numbers"])
    _lines(said, "lists", gate["lists"])
    vectors = [_vector_line(said, one) for one in gate["vectors"]]
    _lines(said, "vectors", vectors or [said.t("rules.no_vectors" if rule_facts.vectors_here() else "rules.no_tests")])
    _lines(said, "clauses", [_clause_line(said, clause) for clause in gate["clauses"]])
    _readings(said, gate["readings"])
    _lines(said, "file", [f"services/seven_steps/{gate['file']}"])


def _vector_line(said: Texts, one: Facts) -> str:
    shown = one["kind"] if one["kind"] == one["expect"] else f"{one['kind']}, {one['expect']}"
    return f"{shown}: {one['name']} ({said.word('boundary', one['at'])}) · {one['file']}"


def _show_alarm(said: Texts, alarm: Facts) -> None:
    print(alarm["id"])
    _lines(said, "what", alarm["text"].values())
    laws = [f"{law['pack']} {law['clause']}: {law['text'][lang]}" for law in alarm["law"] for lang in LANGUAGES]
    _lines(said, "source", laws or [said.t("rules.local_alarm")])
    _lines(said, "gates", alarm["gates"])
    _lines(said, "file", alarm["files"])
    _lines(said, "clauses", [_clause_line(said, clause) for clause in alarm["clauses"]])


def _show_number(said: Texts, number: Facts) -> None:
    print(number["id"])
    _lines(said, "what", number["values"][0]["text"].values())
    _numbers(said, number["values"])
    _lines(said, "gates", number["gates"] or [said.t("rules.no_gate")])
    _readings(said, number["readings"])


def _show_clause(said: Texts, clause: Facts) -> None:
    print(clause["clause"])
    _lines(said, "what", clause["text"].values())
    _lines(said, "counts_as", [said.t(f"rules.counts.{clause['counts_as']}")])
    _lines(said, "held_by", [_held_by(said, name) for name in clause["enforced"]])
    _lines(said, "lines", [f"{row['line']} {row['text'][said.lang]}".strip() for row in clause["checklist"]])
    if clause["not_enforceable"]:
        _lines(said, "left", [clause["not_enforceable"][said.lang]])
    _lines(said, "absent", clause["absent"])
    if clause["from_memory"]:
        _lines(said, "note", [said.t("rules.from_memory")])


def _held_by(said: Texts, name: str) -> str:
    kind, _, rest = name.partition(":")
    if kind == "alarm":
        return f"{name} {said.word('alarm', rest)}"
    if kind == "command":
        return f"{name} {said.word('command', f'{rest}.title')}"
    return " ".join([name, *(said.t(f"gate.{gate.id}.title") for gate in rule_facts.gates_called(name))])


def _numbers(said: Texts, numbers: Iterable[Facts]) -> None:
    rows = [
        f"{row['number']} = {row['value']} {row['unit']} ({row['clause']}; {row['pack']}"
        + (f", {said.t('rules.policy')})" if row["policy"] else ")")
        for row in numbers
    ]
    _lines(said, "numbers", rows)


def _readings(said: Texts, found: Iterable[Facts]) -> None:
    _lines(said, "readings", [f"{one['reading']} {one['text'][said.lang]}" for one in found])


def _clause_line(said: Texts, clause: Facts) -> str:
    return f"{clause['clause']}: {clause['text'][said.lang]}"


def _lines(said: Texts, label: str, lines: Iterable[str]) -> None:
    """A label, and its lines under each other; nothing if there are none."""
    shown = [line for line in lines if line]
    if shown:
        print(f"  {said.t(f'rules.label.{label}')}")
    for line in shown:
        print(f"    {line}")


# ---- coverage ------------------------------------------------------------------------------------------------------


def show_coverage(args: argparse.Namespace, _settings: Settings) -> int:
    """Counted from the rows and from what there is; never typed."""
    said = texts(args.lang)
    try:
        counted = coverage()
    except BadClauses as problem:
        raise broken(str(problem)) from problem
    if args.json:
        speak.data(counted)
        return exits.OK
    for standard in standards():
        of_one = coverage([standard])
        said_of = ", ".join(f"{said.t(f'rules.counts.{kind}')} {n}" for kind, n in of_one.items() if kind != "clauses")
        print(said.t("rules.standard", name=standard.name, clauses=of_one["clauses"], counts=said_of))
    print()
    speak.fields({said.t(f"rules.counts.{kind}"): n for kind, n in counted.items()})
    rows = [rule_facts.clause_facts(clause) for standard in standards() for clause in standard.clauses]
    missing = [row for row in rows if row["absent"]]
    if missing:
        print()
        for row in missing:
            print(f"{row['clause']}: {said.t('rules.not_there', names=' '.join(row['absent']))}")
    unbuilt = [row["clause"] for row in rows if row["to_build"]]
    if unbuilt:
        print()
        print(said.t("rules.to_build", n=len(unbuilt), clauses=", ".join(unbuilt)))
    memory = sum(1 for row in rows if row["from_memory"])
    print(said.t("rules.memory", n=memory))
    return exits.OK
