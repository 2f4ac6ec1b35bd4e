"""Page 1: the rows of GB 30871-2022 Annex A in their order, one file a form; and the site's own form for other work.

No row is added to a statutory form: what it lacks stands on the supplement. Circled numbers are HSG250's elements.
The form is built from a *permit document*, a plain dict that services/sealer/contents.py makes (its keys are listed
there). Names are {"en", "zh-CN"}; times are texts in the site's zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.forms import (
    blind_plate,
    confined_space,
    earthwork,
    general,
    height,
    hot_work,
    lifting,
    road_break,
    site_work,
    temporary_power,
)
from pdf_templates.forms.cells import SEPARATOR, Cells, Document, Form, pairs
from pdf_templates.sheet import grid
from pdf_templates.typeset import MEASURE, Run, Text, bold, small
from pdf_templates.words import Words

ANSWERS = {"confirmed": "yes", "not_applicable": "no", "not_in_place": "not_in_place"}
FORMS: Mapping[str, Form] = {
    "hot_work": hot_work.FORM,
    "confined_space": confined_space.FORM,
    "blind_plate": blind_plate.FORM,
    "temporary_power": temporary_power.FORM,
    "earthwork": earthwork.FORM,
    "road_break": road_break.FORM,
    "height": height.FORM,
    "lifting": lifting.FORM,
    "general": general.FORM,
    "line_breaking": site_work.LINE_BREAKING,
    "radiography": site_work.RADIOGRAPHY,
    "hv_electrical": site_work.HV_ELECTRICAL,
}


def form(document: Document, words: Words) -> list[Flowable]:
    """All tables of page 1 for the ticket's type."""
    cells = Cells(document, words)
    return [*FORMS[document["type"]].header(cells), _measures(cells), *_signatures(cells)]


def _measures(cells: Cells) -> Flowable:
    """The measures with the answer and who confirmed it; the wording is the form's and is never changed."""
    d, w = cells.d, cells.w
    said = {measure["line"]: measure for measure in d["measures"]}
    rows: list[list[Any]] = [
        [cells.head("row.line"), cells.label("row.measures", 7), cells.head("row.applies"), cells.head("row.confirmed")]
    ]
    last = FORMS[d["type"]].measures
    for number in range(1, last + 1):
        measure = said.get(str(number), {})
        text = w.t(f"measure.{d['type']}.{number}")
        note = measure.get("note", "")
        runs = [Run(text, MEASURE)]
        if number == last:
            runs.append(Run(f"{note}    {w.t('word.compiled_by')}: {w.name(d['measures_by'])}", MEASURE))
        elif note:
            runs.append(small(f" ({note})"))
        answer = ANSWERS.get(measure.get("answer", ""))
        confirmer = w.name(measure["by"]) if measure and answer != "no" else ("—" if measure else "")
        rows.append([
            Text([Run(str(number), MEASURE)], "center"),
            Text(runs),
            Text([Run(w.t(f"word.{answer}") if answer else "", MEASURE)], "center"),
            Text([Run(confirmer, MEASURE)], "center"),
        ])  # fmt: skip
    return grid(rows, (11, None, 15, 20), labels=[(c, 0) for c in range(4)], pad=0.42, repeat=1)


def _signatures(cells: Cells) -> list[Flowable]:
    """The form's signature lines in their order; empty where nobody has signed yet."""
    d, w = cells.d, cells.w
    briefing = d.get("briefing")
    accepted_text: list[Run] = [Run("")]
    if briefing:
        count = f"{len(briefing['acknowledged'])} {w.t('word.persons')}"
        names = w.between_names.join(w.name(a["person"]) for a in briefing["acknowledged"])
        digest = f"{w.t('word.revision', count=briefing['version'])} {briefing['sha256'][:8]}"
        accepted_text = [bold(count), Run(f"{SEPARATOR}{digest}{SEPARATOR}{names}", 7.6)]
    nodes = {node["node"]: node for node in d["nodes"]}
    kind = FORMS[d["type"]]
    rows: list[list[Any]] = [
        [
            cells.label("row.briefer"),
            cells.signed(briefing, "word.signed"),
            cells.label("row.briefed"),
            Text(accepted_text),
        ]
    ]
    lines: list[list[Any]] = [[cells.label("row.guardian"), cells.people(d["guardians"])]] if kind.watched else []
    for node, key in kind.nodes:
        numbers = (10,) if node == "work_lead" else ()
        lines.append([cells.label(key, *numbers), cells.signed(nodes.get(node), "word.opinion_agree")])
    rows += [[*left, *right] for left, right in zip_longest(lines[::2], lines[1::2], fillvalue=())]
    approver = cells.label(kind.approver, 9)
    rows.append([approver, cells.signed(d.get("issue"), "word.issued")])
    foreman = [cells.label("row.foreman"), cells.signed(d.get("foreman_check"), "word.checked")] if kind.foreman else []
    rows.append([*foreman, cells.label("row.acceptance", 12), cells.signed(d.get("accepted"), "word.accepted")])
    return [pairs(rows)]
