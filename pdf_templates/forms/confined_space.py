"""Form A.2, confined space 受限空间: the table of gases with their limits and five rows of results."""

from __future__ import annotations

from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import Cells, Form, asked_by, done_by, linked_and_hazards, pairs, place, time_row, work
from pdf_templates.sheet import grid
from pdf_templates.typeset import Run, Text

SPACE_SAMPLES = 5  # rows of form A.2


def _space_header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.space_name", 3, 4), place(cells),
         cells.label("row.medium"), cells.value(d.get("medium", ""))],
        [cells.label("row.work_content", 5), work(cells)],
        done_by(cells),
        [cells.label("row.workers"), cells.people(d["workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, linked_and_hazards(cells), _space_gas(cells), time_row(cells, "row.space_time")]


def _space_gas(cells: Cells) -> Flowable:
    """Form A.2's gas table: two toxic, two combustible, oxygen; names, limits, then five rows of results."""
    d, w = cells.d, cells.w
    gas = d["gas"]
    columns: list[str | None] = []
    for kind, count in (("toxic", 2), ("combustible", 2), ("oxygen", 1)):
        columns += [*gas[kind], None, None][:count]

    def tiny(text: str) -> Text:
        return Text([Run(text, 7.2)], "center")

    def across(cell: Any) -> list[Text]:
        return [tiny(cell(name)) if name else tiny("") for name in columns]

    rows: list[list[Any]] = [
        [cells.head("row.gas_item"), cells.head("row.toxic"), "", cells.head("row.combustible"), "",
         cells.head("row.oxygen"), cells.head("row.sampled"), cells.head("row.point"), cells.head("row.gas_tester")],
        ["", *across(lambda n: w.names(gas["names"][n])), "", "", ""],
        [cells.head("row.limit"), *across(lambda n: gas["limits"].get(n, "")), "", "", ""],
    ]  # fmt: skip
    for sample in gas["samples"][-SPACE_SAMPLES:]:
        values = sample["values"]
        rows.append([
            "" if len(rows) > 3 else cells.head("row.gas_values"),
            *across(lambda n, v=values: v[n]["converted"] if n in v else ""),
            tiny(sample["at"]), tiny(w.name(sample["point"])), tiny(w.name(sample["tester"])),
        ])  # fmt: skip
    while len(rows) < 3 + SPACE_SAMPLES:
        rows.append(
            ["" if len(rows) > 3 else cells.head("row.gas_values"), *([tiny("")] * 5), tiny(""), tiny(""), tiny("")]
        )
    spans = [((1, 0), (2, 0)), ((3, 0), (4, 0)), ((0, 0), (0, 1)), ((0, 3), (0, -1))]
    spans += [((column, 0), (column, 2)) for column in (6, 7, 8)]
    labels = [(column, 0) for column in range(9)] + [(0, 1), (0, 2), (0, 3)]
    return grid(rows, (20, None, None, None, None, 20, 30, 20, 18), spans, labels, pad=0.5)


FORM = Form(_space_header, 15, (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")))
