"""What the forms are made of: labels and values in one language, and the rows that several forms share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.sheet import grid
from pdf_templates.typeset import Label, Run, Text, bold, small
from pdf_templates.words import Words

PAIR = (37, None, 41, None)  # widths in mm: label, value, label, value
LONG = (62, None)  # for labels of many characters
Document = Mapping[str, Any]
SEPARATOR = " · "
COMMA = ", "


class Cells:
    """Makes labels and values in one language; shared by the form and the supplement."""

    def __init__(self, document: Document, words: Words) -> None:
        self.d = document
        self.w = words

    def label(self, key: str, *numbers: int) -> Label:
        return Label(self.w.t(key), self.w.o(key), numbers)

    def head(self, key: str, *numbers: int) -> Label:
        return Label(self.w.t(key), self.w.o(key), numbers, align="center" if not numbers else "left")

    def value(self, *parts: str | Run, align: str = "left", size: float | None = None) -> Text:
        """Parts in a row; strings are set in body size."""
        runs = [part if isinstance(part, Run) else Run(part) for part in parts if part]
        if size is not None:
            runs = [Run(run.text, size, run.bold, run.box) for run in runs]
        return Text(runs or [Run(self.w.t("mark.none_yet"))], align)

    def people(self, people: Sequence[Mapping[str, Any]]) -> Text:
        """Names with their certificates."""
        runs: list[Run] = []
        for person in people:
            if runs:
                runs.append(Run(self.w.between))
            runs.append(Run(self.w.names(person["name"])))
            if person.get("certificates"):
                runs.append(small(SEPARATOR + ", ".join(person["certificates"])))
        return Text(runs or [Run(self.w.t("mark.none_yet"))])

    def facts(self, *names: str, named: bool = True) -> Text:
        """What the ticket states of its work; each with its label before it, or the values alone."""
        runs: list[Run] = []
        for fact in (self.d["facts"][name] for name in names if name in self.d["facts"]):
            runs += [Run(self.w.between)] if runs else []
            runs += [small(f"{self.w.name(fact['label'])} ")] if named else []
            runs.append(Run(self.w.name(fact["value"])))
        return Text(runs or [Run(self.w.t("mark.none_yet"))])

    def signed(self, act: Mapping[str, Any] | None, word: str) -> Text:
        """Who, what they said, when and by what means; never a picture of a signature."""
        if not act:
            return Text([Run("")])
        tail = [act.get("opinion") or self.w.t(word), act["at"]]
        if act.get("presence"):
            tail.append(self.w.t(f"word.on_site_{act['presence']}"))
        tail.append(self.w.t(f"means_short.{act.get('means') or 'unknown'}"))
        return Text([bold(self.w.names(act["by"])), Run(SEPARATOR + SEPARATOR.join(tail), 7.6)])


@dataclass(frozen=True, slots=True)
class Form:
    """What differs from one form to the next.

    header:   the tables above the measures, with the rows of the form in their order
    measures: how many measure lines it has; the last is "other measures" with its compiler
    nodes:    signature lines before the issue, in order: approval node -> catalogue key of the row
    approver: catalogue key of the approver's row
    watched:  the guardian has a row among the signatures
    foreman:  the foreman's check has one
    """

    header: Callable[[Cells], list[Flowable]]
    measures: int
    nodes: tuple[tuple[str, str], ...]
    approver: str = "row.approver"
    watched: bool = False
    foreman: bool = False


def pairs(rows: Sequence[Sequence[Any]]) -> Flowable:
    """Rows of label, value, label, value; a row of two takes the whole width."""
    full, spans, labels = [], [], []
    for number, row in enumerate(rows):
        labels.append((0, number))
        if len(row) == 2:
            spans.append(((1, number), (3, number)))
            full.append([*row, "", ""])
        else:
            labels.append((2, number))
            full.append(row)
    return grid(full, PAIR, spans, labels)


def work(cells: Cells) -> Text:
    d = cells.d
    limits = [small(f"  {cells.w.t('word.limits')}: {d['limitations']}")] if d.get("limitations") else []
    return cells.value(d["work_content"], *limits)


def levels(cells: Cells, names: Sequence[str]) -> Text:
    """All levels of the form, the ticket's in a box and in both languages."""
    w, boxes = cells.w, []
    for level in names:
        key = f"word.level_{level}"
        chosen = cells.d["level"] == level
        second = f"\u00a0{w.o(key)}".replace(" ", "\u00a0") if chosen else ""
        boxes += [Run(w.t(key).replace(" ", "\u00a0"), box=chosen), small(second + "   ")]
    return Text(boxes)


def place(cells: Cells) -> Text:
    d = cells.d
    parts = [cells.w.names(d["area"]), d["place"], d["equipment_tag"]]
    return cells.value(SEPARATOR.join(part for part in parts if part))


def work_unit(cells: Cells) -> Text:
    d = cells.d
    names = d.get("contractor") or {}
    if d["work_unit"] in names.values():
        return cells.value(cells.w.names(names))
    contractor = cells.w.names(names)
    return cells.value(
        d["work_unit"], small(SEPARATOR + contractor) if contractor and contractor != d["work_unit"] else ""
    )


def asked_by(cells: Cells) -> list[Any]:
    """The row: the unit that asks, and when it asked."""
    d = cells.d
    applicant, at = cells.value(d["applicant_unit"]), cells.value(d["requested_at"])
    return [cells.label("row.applicant_unit"), applicant, cells.label("row.requested_at"), at]


def done_by(cells: Cells) -> list[Any]:
    """The row: the unit that works, and who leads the work."""
    lead = cells.value(cells.w.names(cells.d["work_lead"]))
    return [cells.label("row.work_unit"), work_unit(cells), cells.label("row.work_lead"), lead]


def linked(cells: Cells) -> str:
    w = cells.w
    found = [f"{w.both('type.' + link['type'])} {link['no']}" for link in cells.d["linked"]]
    return w.between.join(found) or w.t("word.none")


def validity(d: Document, w: Words) -> str:
    """自 2026-11-20 08:00 至 2026-11-20 16:00 止."""
    if not d.get("valid_from"):
        return w.t("mark.none_yet")
    return f"{w.t('word.from')} {d['valid_from']} {w.t('word.until')} {d['valid_to']} {w.t('word.end')}".strip()


def linked_hazards_time(cells: Cells, time_key: str) -> Flowable:
    """Linked permits, hazards, time: element 2 again, element 6."""
    return _long([*_linked_and_hazards(cells), _time(cells, time_key)])


def linked_and_hazards(cells: Cells) -> Flowable:
    """The same without the time, on forms that have their gas samples between."""
    return _long(_linked_and_hazards(cells))


def time_row(cells: Cells, key: str) -> Flowable:
    return _long([_time(cells, key)])


def _long(rows: list[list[Any]]) -> Flowable:
    return grid(rows, LONG, labels=[(0, number) for number in range(len(rows))])


def _linked_and_hazards(cells: Cells) -> list[list[Any]]:
    d, w = cells.d, cells.w
    return [
        [cells.label("row.linked", 2), cells.value(linked(cells))],
        [cells.label("row.hazards", 6), cells.value(w.between.join(map(w.name, d["hazards"])))],
    ]


def _time(cells: Cells, key: str) -> list[Any]:
    return [cells.label(key), Text([bold(validity(cells.d, cells.w))])]
