"""The site's own form for work that is none of the eight special works."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import SEPARATOR, Cells, Form, asked_by, done_by, linked_hazards_time, pairs, work


def _general_header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    head = pairs([
        asked_by(cells),
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.place", 3), cells.value(SEPARATOR.join(p for p in (w.names(d["area"]), d["place"]) if p)),
         cells.label("row.equipment", 4), cells.value(d["equipment_tag"])],
        done_by(cells),
        [cells.label("row.workers"), cells.people(d["workers"])],
    ])  # fmt: skip
    return [head, linked_hazards_time(cells, "row.general_time")]


FORM = Form(_general_header, 6, (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")))
