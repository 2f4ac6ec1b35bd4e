"""Form A.3, blind plate 盲板抽堵: which action, the line and its medium, the blind, and where the map is."""

from __future__ import annotations

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import Cells, Form, linked_hazards_time, pairs, place, work, work_unit
from pdf_templates.sheet import grid
from pdf_templates.typeset import Run, Text, small

ACTIONS = ("insert", "remove")


def _header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    head = pairs([
        [cells.label("row.applicant_unit"), cells.value(d["applicant_unit"]),
         cells.label("row.work_unit"), work_unit(cells)],
        [cells.label("row.requested_at"), cells.value(d["requested_at"]),
         cells.label("row.blind_action"), _action(cells)],
        [cells.label("row.work_content", 5), work(cells)],
    ])  # fmt: skip
    people = pairs([
        [cells.label("row.blind_map"), _map(cells)],
        [cells.label("row.work_lead"), cells.value(w.names(d["work_lead"])),
         cells.label("row.workers"), cells.people(d["workers"])],
        [cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, _line(cells), people, linked_hazards_time(cells, "row.blind_time")]


def _action(cells: Cells) -> Text:
    """The two boxes of the form; a ticket that states both is never issued (7.11)."""
    runs = []
    for action in ACTIONS:
        stated = cells.d["action"] in (action, "insert_and_remove")
        runs += [Run(cells.w.t(f"word.{action}").replace(" ", "\u00a0"), box=stated), small("   ")]
    return Text(runs)


def _line(cells: Cells) -> Flowable:
    """Equipment or line with its medium, temperature and pressure; the blind; when the work really began."""
    names = ("pipe_medium", "temperature_c", "pressure_mpa", "blind_material", "blind_size", "blinds")
    rows = [
        [cells.head("row.pipe", 3, 4), cells.head("row.pipe_state"), "", "",
         cells.head("row.blind"), "", "", cells.head("row.began")],
        ["", *(cells.head(f"row.{name}") for name in ("pipe_medium", "temperature", "pressure")),
         *(cells.head(f"row.{name}") for name in ("blind_material", "blind_size", "blind_number")), ""],
        [place(cells), *(cells.facts(name, named=False) for name in names), cells.value(cells.d["started_at"])],
    ]  # fmt: skip
    spans = [((0, 0), (0, 1)), ((1, 0), (3, 0)), ((4, 0), (6, 0)), ((7, 0), (7, 1))]
    labels = [(column, row) for row in (0, 1) for column in range(8)]
    return grid(rows, (52, None, None, None, None, None, None, 24), spans, labels)


def _map(cells: Cells) -> Text:
    """The map is a document of the plan: its hash says which."""
    found = cells.d["documents"].get("blind_map", ())
    if not found:
        return cells.value()
    return cells.value(cells.w.t("word.attached"), small("  " + ", ".join(f"sha256 {one[:16]}" for one in found)))


FORM = Form(_header, 11, (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")))
