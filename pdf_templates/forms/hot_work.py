"""Form A.1, hot work 动火: three columns of gas samples; the fire watch and the foreman's check are signed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import (
    COMMA,
    Cells,
    Form,
    asked_by,
    done_by,
    levels,
    linked_hazards_time,
    pairs,
    place,
    work,
)
from pdf_templates.sheet import grid
from pdf_templates.typeset import Run, Text, bold, small

FIRST_PAGE_SAMPLES = 3  # columns of form A.1
LEVELS = ("special", "1", "2")


def _hot_header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.hot_place", 3, 4), place(cells)],
        [cells.label("row.hot_level"), levels(cells, LEVELS),
         cells.label("row.hot_method"), cells.value(d.get("method", ""))],
        [cells.label("row.hot_workers"), cells.people(d["certified_workers"])],
        done_by(cells),
    ])  # fmt: skip
    return [head, _hot_gas(cells), linked_hazards_time(cells, "row.hot_time")]


def _hot_gas(cells: Cells) -> Flowable:
    """Three columns of samples: the latest ones; all of them are on the supplement."""
    d, w = cells.d, cells.w
    gas = d["gas"]
    samples: list[Mapping[str, Any] | None] = list(gas["samples"][-FIRST_PAGE_SAMPLES:])
    samples += [None] * (FIRST_PAGE_SAMPLES - len(samples))

    def row(key: str, cell: Any) -> list[Any]:
        return [cells.label(key), *(Text(cell(s) if s else [Run("")], "center") for s in samples)]

    def results(sample: Mapping[str, Any]) -> list[Run]:
        parts: list[Run] = []
        for name, value in sample["values"].items():
            if parts:
                parts.append(Run(COMMA, 7.2))
            parts += [
                Run(f"{w.name(gas['names'][name])}\u00a0", 7.2),
                bold((value["converted"] or "—").replace(" ", "\u00a0"), 7.2),
            ]
        return parts

    rows = [
        row("row.gas_time", lambda s: [Run(s["at"]), small(f" {w.name(s['point'])}")]),
        row("row.gas_name", lambda s: [Run(COMMA.join(limit(cells, g) for g in s["values"]), 7.2)]),
        row("row.gas_result", results),
        row("row.gas_tester", lambda s: [Run(w.names(s["tester"]), 7.6), small(f" {s['instrument']}")]),
    ]
    return grid(rows, (37, None, None, None), labels=[(0, n) for n in range(len(rows))])


def limit(cells: Cells, gas: str) -> str:
    limit = cells.d["gas"]["limits"].get(gas, "")
    return f"{cells.w.name(cells.d['gas']['names'][gas])} {limit}".strip().replace(" ", "\u00a0")


FORM = Form(
    header=_hot_header,
    measures=16,
    nodes=(("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"), ("safety", "row.node_safety")),
    approver="row.hot_approver",
    watched=True,
    foreman=True,
)
