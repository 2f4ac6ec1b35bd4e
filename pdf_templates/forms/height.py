"""Form A.4, work at height 高处: the height, what raises its level, and who goes up."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import (
    Cells,
    Form,
    levels,
    linked_and_hazards,
    pairs,
    place,
    time_row,
    work,
    work_unit,
)

LEVELS = ("I", "II", "III", "IV")


def _header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    head = pairs([
        [cells.label("row.applicant_unit"), cells.value(d["applicant_unit"]),
         cells.label("row.requested_at"), cells.value(d["requested_at"])],
        [cells.label("row.height_place", 3, 4), place(cells)],
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.height"), cells.facts("height_m", named=False)],
        [cells.label("row.height_level"), levels(cells, LEVELS)],
        [cells.label("row.work_unit"), work_unit(cells),
         cells.label("row.work_lead"), cells.value(w.names(d["work_lead"]))],
        [cells.label("row.height_workers"), cells.people(d["certified_workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, linked_and_hazards(cells), time_row(cells, "row.height_time")]


FORM = Form(
    header=_header,
    measures=15,
    nodes=(("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"), ("dept", "row.node_review")),
    approver="row.node_approval",
)
