"""Writes RULES.md beside the rules: every gate, where it is asked, on which source; every number by pack; the
clauses in figures. `python -m services.desk.rules_page` makes it anew; a test holds it equal to the code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import services.seven_steps
from services.clauses import KINDS, UNCOVERED, coverage, standards
from services.desk import rule_facts
from services.gateway.texts import catalogue
from services.rule_use import used_by
from services.seven_steps.gate import SEVEN_GATES, Boundary
from services.seven_steps.gates import GATES

PAGE = Path(services.seven_steps.__file__).parent / "RULES.md"
COMMAND = "python -m services.desk.rules_page"
HEAD = f"""# The rules, as a table

Made by `{COMMAND}` from the gates, the rule packs and the clause rows: don't edit it. `sevengates rules show ID` tells
all there is about one gate, number, alarm code or clause; `sevengates rules coverage` counts the clauses.
"""


def page() -> str:
    parts = (HEAD, *_matrix(), *_gates(), *_numbers(), *_clauses())
    return "\n".join(parts).rstrip() + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    columns = list(head)
    yield _row(columns)
    yield _row("---" for _ in columns)
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _matrix() -> Iterator[str]:
    boundaries = list(Boundary)
    number = {boundary: str(gate) for gate, of_gate in SEVEN_GATES.items() for boundary in of_gate}
    yield "## Where each gate is asked\n"
    yield f"{len(GATES)} gates, {len(boundaries)} boundaries, each with its number among the seven gates people see.\n"
    head = ("gate", *(f"{number[boundary]} {boundary.value.replace('_', ' ')}" for boundary in boundaries))
    yield from _table(head, ((gate.id, *("●" if b in gate.at else "" for b in boundaries)) for gate in GATES))


def _gates() -> Iterator[str]:
    yield "## What each gate asks\n"
    en, zh = catalogue("en"), catalogue("zh-CN")
    rows = (
        (
            gate.ref,
            en[f"gate.{gate.id}.title"],
            zh[f"gate.{gate.id}.title"],
            gate.source,
            rule_facts.effect_of(gate) + (f": {gate.suspends}" if gate.suspends else ""),
            " ".join(used_by(gate).alarms),
            " ".join(used_by(gate).numbers),
            f"[{rule_facts.file_of(gate)}]({rule_facts.file_of(gate)})",
        )
        for gate in GATES
    )
    yield from _table(("gate", "must hold", "须成立", "source", "effect", "alarms", "numbers", "file"), rows)


def _numbers() -> Iterator[str]:
    users: dict[str, list[str]] = {}
    for gate in GATES:
        for name in used_by(gate).numbers:
            users.setdefault(name, []).append(gate.id)
    for pack in rule_facts.newest_packs():
        yield f"## Numbers of {pack.ref}\n\n{pack.edition}\n"
        rows = (
            (name, number.value, number.unit, number.clause, " ".join(users.get(name, ())))
            for name, number in pack.numbers.items()
        )
        yield from _table(("number", "value", "unit", "clause", "gates"), ([str(cell) for cell in row] for row in rows))


def _clauses() -> Iterator[str]:
    yield "## Clauses\n\nWhat holds each clause stands in [clauses](clauses); counted here, never typed.\n"
    kinds = ("clauses", *KINDS, UNCOVERED)
    rows = [(one.name, *(str(coverage([one])[kind]) for kind in kinds)) for one in standards()]
    rows.append(("all", *(str(coverage()[kind]) for kind in kinds)))
    yield from _table(("standard", *(kind.replace("_", " ") for kind in kinds)), rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
