"""The site's own forms for work the law knows no form for; they differ in the facts they show and who signs."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import SEPARATOR, Cells, Form, asked_by, done_by, linked_hazards_time, pairs, work

LEAD_AND_UNIT = (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"))


def _form(*facts: tuple[str, str], nodes: tuple[tuple[str, str], ...] = LEAD_AND_UNIT) -> Form:
    """facts: catalogue key of the label and name of the fact, two to a row."""

    def header(cells: Cells) -> list[Flowable]:
        d, w = cells.d, cells.w
        shown = [cell for key, fact in facts for cell in (cells.label(key), cells.facts(fact, named=False))]
        spot = cells.value(SEPARATOR.join(p for p in (w.names(d["area"]), d["place"]) if p))
        head = pairs([
            asked_by(cells),
            [cells.label("row.work_content", 5), work(cells)],
            [cells.label("row.place", 3), spot, cells.label("row.equipment", 4), cells.value(d["equipment_tag"])],
            shown,
            done_by(cells),
            [cells.label("row.trade_workers"), cells.people(d["certified"])],
            [cells.label("row.guardian"), cells.people(d["guardians"])],
        ])  # fmt: skip
        return [head, linked_hazards_time(cells, "row.site_time")]

    return Form(header, 8, nodes)


LINE_BREAKING = _form(("row.opening", "line_no"), ("row.medium_held", "medium"))
RADIOGRAPHY = _form(
    ("row.source", "source"), ("row.barrier", "barrier_m"), nodes=(*LEAD_AND_UNIT, ("safety", "row.node_safety"))
)
HV_ELECTRICAL = _form(("row.voltage", "voltage_kv"), ("row.person_in_charge", "person_in_charge"))
