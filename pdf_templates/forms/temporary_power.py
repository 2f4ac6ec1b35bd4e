"""Form A.6, temporary power 临时用电: the point of supply, what is fed, the gas samples; the supplier approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import (
    Cells,
    Document,
    Form,
    asked_by,
    done_by,
    linked_and_hazards,
    pairs,
    place,
    time_row,
    work,
)
from pdf_templates.sheet import grid
from pdf_templates.typeset import Run, Text, bold, small

SAMPLES = 3  # columns of form A.6


def _header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.place", 3, 4), place(cells)],
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.source_point"), cells.facts("source_point", "load_kw", named=False),
         cells.label("row.power_voltage"), cells.facts("voltage_v", named=False)],
        [cells.label("row.consumers"), cells.facts("consumers", named=False)],
        [cells.label("row.electricians"), cells.people(d["certified_workers"])],
        [cells.label("row.guardian"), cells.people(d["guardians"]),
         cells.label("row.workers"), cells.people(d["workers"])],
        done_by(cells),
    ])  # fmt: skip
    return [head, linked_and_hazards(cells), _gas(cells), time_row(cells, "row.power_time")]


def _gas(cells: Cells) -> Flowable:
    """Three columns of samples of combustible gas: the latest ones; all of them are on the supplement (10.1)."""
    d, w = cells.d, cells.w
    gas = d["gas"]
    samples = [*gas["samples"][-SAMPLES:], *([None] * SAMPLES)][:SAMPLES]

    def row(key: str, cell: Callable[[Document], list[Run]]) -> list[Any]:
        return [cells.label(key), *(Text(cell(s) if s else [Run("")], "center") for s in samples)]

    def result(sample: Document) -> list[Run]:
        runs: list[Run] = []
        for name, value in sample["values"].items():
            runs += [Run(f"{w.name(gas['names'][name])}\u00a0", 7.2), bold(value["converted"] or "—", 7.2), small("  ")]
        return runs

    rows = [
        row("row.gas_time", lambda s: [Run(s["at"], 7.6)]),
        row("row.gas_point", lambda s: [Run(w.name(s["point"]), 7.6)]),
        row("row.combustible_result", result),
        row("row.gas_tester", lambda s: [Run(w.names(s["tester"]), 7.6), small(f" {s['instrument']}")]),
    ]
    return grid(rows, (37, None, None, None), labels=[(0, n) for n in range(len(rows))])


FORM = Form(
    _header,
    14,
    (("work_lead", "row.node_work_lead"), ("unit", "row.node_power_user")),
    approver="row.node_power",
)
