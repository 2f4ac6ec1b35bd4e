"""Form A.7, earthwork 动土: what is dug where, and one line in which the owners of all services agree together."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import SEPARATOR, Cells, Form, asked_by, done_by, linked_hazards_time, pairs, place, work
from pdf_templates.sheet import grid
from pdf_templates.typeset import Run, Text, bold, small


def _earth_header(cells: Cells) -> list[Flowable]:
    d = cells.d
    head = pairs([
        asked_by(cells),
        [cells.label("row.earth_place", 3, 4), place(cells)],
        [cells.label("row.work_content", 5), work(cells)],
        [cells.label("row.earth_scope"),
         cells.facts("depth_m", "spoil_distance_m", "spoil_height_m", "buried_services")],
        done_by(cells),
        [cells.label("row.workers"), cells.people(d["workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    agreed = grid([[cells.label("row.cosign"), _cosigned(cells)]], (37, None), labels=[(0, 0)])
    return [head, linked_hazards_time(cells, "row.earth_time"), agreed]


def _cosigned(cells: Cells) -> Text:
    """Each who agreed once, with their services, and when."""
    runs: list[Run] = []
    for said in cells.d["cosigned"]:
        services = cells.w.between_names.join(cells.w.t(f"service.{service}") for service in said["services"])
        opinion = f"{SEPARATOR}{said['opinion']}" if said["opinion"] else ""
        runs += [Run(cells.w.between)] if runs else []
        runs += [bold(cells.w.names(said["by"])), small(f" {services}{opinion}{SEPARATOR}{said['at']}")]
    return Text(runs or [Run(cells.w.t("mark.none_yet"))])


FORM = Form(
    _earth_header, 11, (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")), approver="row.earth_approver"
)
