"""Page 1: the rows of GB 30871-2022 Annex A, forms A.1 and A.2, in their order; and the site's own form for other work.

No row is added to a statutory form: what it lacks stands on the supplement. Circled numbers are HSG250's elements.
The form is built from a *permit document*, a plain dict that services/sealer/contents.py makes (its keys are listed
there). Names are {"en", "zh-CN"}; times are texts in the site's zone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.platypus.flowables import Flowable

from pdf_templates.sheet import grid
from pdf_templates.typeset import MEASURE, Label, Run, Text, bold, small
from pdf_templates.words import Words

PAIR = (37, None, 41, None)  # widths in mm: label, value, label, value
LONG = (62, None)  # for labels of many characters
FIRST_PAGE_SAMPLES = 3  # columns of form A.1
SPACE_SAMPLES = 5  # rows of form A.2
MEASURES = {"hot_work": 16, "confined_space": 15, "general": 6}
ANSWERS = {"confirmed": "yes", "not_applicable": "no", "not_in_place": "not_in_place"}
LEVELS = ("special", "1", "2")
#: The signature lines of the forms, in their order: approval node -> catalogue key of the row.
NODES = {
    "hot_work": (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit"), ("safety", "row.node_safety")),
    "confined_space": (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")),
    "general": (("work_lead", "row.node_work_lead"), ("unit", "row.node_unit")),
}
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

    def signed(self, act: Mapping[str, Any] | None, word: str) -> Text:
        """Who, what they said, when and by what means; never a picture of a signature."""
        if not act:
            return Text([Run("")])
        tail = [act.get("opinion") or self.w.t(word), act["at"]]
        if act.get("presence"):
            tail.append(self.w.t(f"word.on_site_{act['presence']}"))
        tail.append(self.w.t(f"means_short.{act.get('means') or 'unknown'}"))
        return Text([bold(self.w.names(act["by"])), Run(SEPARATOR + SEPARATOR.join(tail), 7.6)])


def form(document: Document, words: Words) -> list[Flowable]:
    """All tables of page 1 for the ticket's type."""
    cells = Cells(document, words)
    header = {"hot_work": _hot_header, "confined_space": _space_header, "general": _general_header}[document["type"]]
    return [*header(cells), _measures(cells), *_signatures(cells)]


def _pairs(rows: Sequence[Sequence[Any]]) -> Flowable:
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


def _work(cells: Cells) -> Text:
    d = cells.d
    limits = [small(f"  {cells.w.t('word.limits')}: {d['limitations']}")] if d.get("limitations") else []
    return cells.value(d["work_content"], *limits)


def _place(cells: Cells) -> Text:
    d = cells.d
    parts = [cells.w.names(d["area"]), d["place"], d["equipment_tag"]]
    return cells.value(SEPARATOR.join(part for part in parts if part))


def _work_unit(cells: Cells) -> Text:
    d = cells.d
    names = d.get("contractor") or {}
    if d["work_unit"] in names.values():
        return cells.value(cells.w.names(names))
    contractor = cells.w.names(names)
    return cells.value(
        d["work_unit"], small(SEPARATOR + contractor) if contractor and contractor != d["work_unit"] else ""
    )


def _hot_header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    boxes = []
    for level in LEVELS:
        key = f"word.level_{level}"
        chosen = d["level"] == level
        second = f"\u00a0{w.o(key)}".replace(" ", "\u00a0") if chosen else ""
        boxes += [Run(w.t(key).replace(" ", "\u00a0"), box=chosen), small(second + "   ")]
    head = _pairs([
        [cells.label("row.applicant_unit"), cells.value(d["applicant_unit"]),
         cells.label("row.requested_at"), cells.value(d["requested_at"])],
        [cells.label("row.work_content", 5), _work(cells)],
        [cells.label("row.hot_place", 3, 4), _place(cells)],
        [cells.label("row.hot_level"), Text(boxes), cells.label("row.hot_method"), cells.value(d.get("method", ""))],
        [cells.label("row.hot_workers"), cells.people(d["hot_workers"])],
        [cells.label("row.work_unit"), _work_unit(cells),
         cells.label("row.work_lead"), cells.value(w.names(d["work_lead"]))],
    ])  # fmt: skip
    return [head, _hot_gas(cells), _wide(cells, "row.hot_time")]


def _hot_gas(cells: Cells) -> Flowable:
    """Three columns of samples: the latest ones; all of them are on the supplement."""
    d, w = cells.d, cells.w
    gas = d["gas"]
    samples: list[Mapping[str, Any] | None] = list(gas["samples"][-FIRST_PAGE_SAMPLES:])
    samples += [None] * (FIRST_PAGE_SAMPLES - len(samples))

    def row(key: str, cell: Any) -> list[Any]:
        return [cells.label(key), *(Text(cell(s) if s else [Run("")], "center") for s in samples)]

    def results(sample: Mapping[str, Any]) -> list[Run]:
        parts: list[Run] = []
        for name, value in sample["values"].items():
            if parts:
                parts.append(Run(COMMA, 7.2))
            parts += [
                Run(f"{w.name(gas['names'][name])}\u00a0", 7.2),
                bold((value["converted"] or "—").replace(" ", "\u00a0"), 7.2),
            ]
        return parts

    rows = [
        row("row.gas_time", lambda s: [Run(s["at"]), small(f" {w.name(s['point'])}")]),
        row("row.gas_name", lambda s: [Run(COMMA.join(_limit(cells, g) for g in s["values"]), 7.2)]),
        row("row.gas_result", results),
        row("row.gas_tester", lambda s: [Run(w.names(s["tester"]), 7.6), small(f" {s['instrument']}")]),
    ]
    return grid(rows, (37, None, None, None), labels=[(0, n) for n in range(len(rows))])


def _limit(cells: Cells, gas: str) -> str:
    limit = cells.d["gas"]["limits"].get(gas, "")
    return f"{cells.w.name(cells.d['gas']['names'][gas])} {limit}".strip().replace(" ", "\u00a0")


def _wide(cells: Cells, time_key: str) -> Flowable:
    """Linked permits, hazards, time: element 2 again, element 6."""
    d, w = cells.d, cells.w
    return grid(
        [
            [cells.label("row.linked", 2), cells.value(_linked(cells))],
            [cells.label("row.hazards", 6), cells.value(w.between.join(map(w.name, d["hazards"])))],
            [cells.label(time_key), Text([bold(_validity(d, w))])],
        ],
        LONG, labels=[(0, 0), (0, 1), (0, 2)],
    )  # fmt: skip


def _linked(cells: Cells) -> str:
    w = cells.w
    found = [f"{w.both('type.' + link['type'])} {link['no']}" for link in cells.d["linked"]]
    return w.between.join(found) or w.t("word.none")


def _validity(d: Document, w: Words) -> str:
    """自 2026-11-20 08:00 至 2026-11-20 16:00 止."""
    if not d.get("valid_from"):
        return w.t("mark.none_yet")
    return f"{w.t('word.from')} {d['valid_from']} {w.t('word.until')} {d['valid_to']} {w.t('word.end')}".strip()


def _space_header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    head = _pairs([
        [cells.label("row.applicant_unit"), cells.value(d["applicant_unit"]),
         cells.label("row.requested_at"), cells.value(d["requested_at"])],
        [cells.label("row.space_name", 3, 4), _place(cells),
         cells.label("row.medium"), cells.value(d.get("medium", ""))],
        [cells.label("row.work_content", 5), _work(cells)],
        [cells.label("row.work_unit"), _work_unit(cells),
         cells.label("row.work_lead"), cells.value(w.names(d["work_lead"]))],
        [cells.label("row.workers"), cells.people(d["workers"]),
         cells.label("row.guardian"), cells.people(d["guardians"])],
    ])  # fmt: skip
    return [head, _wide_without_time(cells), _space_gas(cells), _time_row(cells, "row.space_time")]


def _wide_without_time(cells: Cells) -> Flowable:
    d, w = cells.d, cells.w
    rows = [
        [cells.label("row.linked", 2), cells.value(_linked(cells))],
        [cells.label("row.hazards", 6), cells.value(w.between.join(map(w.name, d["hazards"])))],
    ]
    return grid(rows, LONG, labels=[(0, 0), (0, 1)])


def _time_row(cells: Cells, key: str) -> Flowable:
    return grid([[cells.label(key), Text([bold(_validity(cells.d, cells.w))])]], LONG, labels=[(0, 0)])


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


def _general_header(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    head = _pairs([
        [cells.label("row.applicant_unit"), cells.value(d["applicant_unit"]),
         cells.label("row.requested_at"), cells.value(d["requested_at"])],
        [cells.label("row.work_content", 5), _work(cells)],
        [cells.label("row.place", 3), cells.value(SEPARATOR.join(p for p in (w.names(d["area"]), d["place"]) if p)),
         cells.label("row.equipment", 4), cells.value(d["equipment_tag"])],
        [cells.label("row.work_unit"), _work_unit(cells),
         cells.label("row.work_lead"), cells.value(w.names(d["work_lead"]))],
        [cells.label("row.workers"), cells.people(d["workers"])],
    ])  # fmt: skip
    return [head, _wide(cells, "row.general_time")]


def _measures(cells: Cells) -> Flowable:
    """The measures with the answer and who confirmed it; the wording is the form's and is never changed."""
    d, w = cells.d, cells.w
    said = {measure["line"]: measure for measure in d["measures"]}
    rows: list[list[Any]] = [
        [cells.head("row.line"), cells.label("row.measures", 7), cells.head("row.applies"), cells.head("row.confirmed")]
    ]
    last = MEASURES[d["type"]]
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
    hot = d["type"] == "hot_work"
    rows: list[list[Any]] = [
        [
            cells.label("row.briefer"),
            cells.signed(briefing, "word.signed"),
            cells.label("row.briefed"),
            Text(accepted_text),
        ]
    ]
    pairs: list[list[Any]] = [[cells.label("row.guardian"), cells.people(d["guardians"])]] if hot else []
    for node, key in NODES[d["type"]]:
        numbers = (10,) if node == "work_lead" else ()
        pairs.append([cells.label(key, *numbers), cells.signed(nodes.get(node), "word.opinion_agree")])
    rows += [[*left, *right] for left, right in zip(pairs[::2], pairs[1::2], strict=True)]
    approver = cells.label("row.hot_approver" if hot else "row.approver", 9)
    rows.append([approver, cells.signed(d.get("issue"), "word.issued")])
    foreman = [cells.label("row.foreman"), cells.signed(d.get("foreman_check"), "word.checked")] if hot else []
    rows.append([*foreman, cells.label("row.acceptance", 12), cells.signed(d.get("accepted"), "word.accepted")])
    return [_pairs(rows)]
