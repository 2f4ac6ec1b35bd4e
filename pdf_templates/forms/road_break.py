"""Form A.8, road break 断路: where and why, signs and lamps; fire and safety agree before the department."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import Cells, Form, asked_by, done_by, linked_hazards_time, pairs, place, work


def _road_header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.road_place", 3, 4), cells.facts("road", named=False),
         cells.label("row.place"), place(cells)],
        [cells.label("row.road_why", 5), work(cells)],
        [cells.label("row.road_signs"),
         cells.facts("fire_engine_access", "signs_placed", "traffic_director", "lamp_height_m", "lamp_visible_m")],
        done_by(cells),
        [cells.label("row.workers"), cells.people(d["workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, linked_hazards_time(cells, "row.road_time")]


FORM = Form(
    _road_header,
    4,
    (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"), ("safety", "row.node_fire_safety")),
    approver="row.earth_approver",
)
