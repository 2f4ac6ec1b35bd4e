"""Page 2 and on: what HSG250 asks for and the statutory form lacks, readings as shown, and who signed by what means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import SEPARATOR, Cells, Document
from pdf_templates.sheet import grid
from pdf_templates.typeset import CIRCLE, MEASURE, Label, Run, Text, bold, circle
from pdf_templates.words import Words

EMPTY_HANDOVERS = 2  # rows left free for pen and ink
HANDOVER = (("page.time", 30), ("page.handover_out", 34), ("page.handover_in", 34), ("page.handover_state", None),
            ("page.handover_sign", 40))  # fmt: skip
HEADING = 10.5
ROOM_FOR_TABLE = 28 * mm  # a heading is never left alone at the foot of a page


class Heading(Flowable):
    """A section's heading in both languages, with the HSG250 element before it."""

    def __init__(self, text: str, number: int | None = None) -> None:
        super().__init__()
        self.text, self.number = Text([bold(text, HEADING)]), number

    def wrap(self, available_width, available_height):
        self.width = available_width
        self.height = self.text.wrap(available_width - CIRCLE - 3, available_height)[1] + 3.6 * mm
        return self.width, self.height

    def draw(self):
        left = 0.0
        if self.number is not None:
            circle(self.canv, CIRCLE / 2, 1 * mm + self.text.height / 2, self.number)
            left = CIRCLE + 3
        self.text.drawOn(self.canv, left, 1 * mm)


def heading(text: str, number: int | None = None) -> list[Flowable]:
    return [CondPageBreak(ROOM_FOR_TABLE), Heading(text, number)]


def table(words: Words, columns: Sequence[tuple[str, float | None]], rows: Sequence[Sequence[str]]) -> Flowable:
    """A plain table: a head of catalogue keys with widths in mm, then texts."""
    head = [Label(words.t(key), words.o(key), align="center") for key, _ in columns]
    body = [[Text([Run(cell, MEASURE)], "center") for cell in row] for row in rows]
    return grid([head, *body], [width for _, width in columns], labels=[(c, 0) for c in range(len(columns))],
                pad=0.55, repeat=1)  # fmt: skip


def supplement(document: Document, words: Words) -> list[Flowable]:
    """All sections of the supplement, without its page break."""
    cells = Cells(document, words)
    title = f"{document['permit_no']} {words.t('form.supplement')}"
    return [
        Text([bold(title, 14)]),
        Text([Run(words.t("form.supplement_note"), 9)]),
        Spacer(1, 2 * mm),
        _precautions(cells),
        *_gas(cells),
        *_briefing(cells),
        *heading(words.both("page.handover_title"), 11),
        table(words, HANDOVER, [[""] * len(HANDOVER)] * EMPTY_HANDOVERS),
        *_cancellation(cells),
        *_signatures(cells),
        *_limits(cells),
    ]  # fmt: skip


def _precautions(cells: Cells) -> Flowable:
    d, w = cells.d, cells.w
    call = w.t("page.emergency_call", muster=w.name(d["site"]["muster_point"]), number=d["site"]["emergency_number"])
    rows: list[list[Any]] = [
        [cells.label("page.emergency", 7), cells.value(call + "\n" + d.get("emergency_plan", ""))],
        [
            cells.label("page.rescue", 7),
            cells.value(d.get("rescue_kit", ""), f"\n{w.t('page.comms')}: {d['comms']}" if d.get("comms") else ""),
        ],
        [cells.label("page.ppe", 8), cells.value(w.between.join(map(w.name, d["ppe"])))],
        [cells.label("page.precautions", 7), cells.value(w.between.join(map(w.name, d["controls"])))],
        [cells.label("page.limits", 5), cells.value(d.get("limitations", ""))],
    ]
    for key in ("supersedes", "superseded_by"):
        if d[key]:
            rows.append([cells.label(f"page.{key}", 2), cells.value(d[key])])
    if d["level_reasons"]:
        rows.append([cells.label("page.level_reason"), cells.value(w.between.join(map(w.name, d["level_reasons"])))])
    rows.append(
        [cells.label("page.isolations"), cells.value("\n".join(isolation(w, item) for item in d["isolations"]))]
    )
    return grid(rows, (40, None), labels=[(0, n) for n in range(len(rows))])


def isolation(words: Words, item: Mapping[str, Any]) -> str:
    """One point: tag, method, lock and tag, who applied, verified and removed it."""
    known = words.has(f"method.{item['method']}")
    parts = [
        words.t(
            "page.isolation_line",
            tag=item["tag"],
            method=words.t(f"method.{item['method']}") if known else item["method"],
            lock=item.get("lock_no") or "—",
            tag_no=item.get("tag_no") or "—",
        )
    ]
    for key, text in (("applied", "page.applied_by"), ("verified", "page.verified_by"), ("removed", "closure.removed")):
        if item.get(key):
            parts.append(f"{words.t(text, name=words.name(item[key]['by']))} {item[key]['at']}")
    return SEPARATOR.join(parts)


def _gas(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    gas = d["gas"]
    rows = [
        [
            sample["at"], w.name(sample["point"]), w.names(gas["names"][name]), value["shown"],
            value["converted"] or "—",
            gas["limits"].get(name, "—"), w.t(f"word.{value['verdict']}"),
            f"{w.name(sample['tester'])} · {sample['instrument']}",
        ]
        for sample in gas["samples"]
        for name, value in sample["values"].items()
    ]  # fmt: skip
    if not rows:
        return []
    columns = [("row.sampled", 33), ("row.point", 20), ("page.gas_gas", None), ("page.gas_shown", 20),
               ("page.gas_converted", 20), ("page.gas_limit", 24), ("page.gas_verdict", 17),
               ("page.gas_from", 28)]  # fmt: skip
    return [*heading(w.both("page.gas_title")), table(w, columns, rows)]


def _briefing(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    briefing = d.get("briefing")
    if not briefing or not briefing["acknowledged"]:
        return []
    rows = [
        [
            w.names(ack["person"]), ack["at"], f"{w.t('word.revision', count=ack['version'])} {ack['sha256'][:12]}",
            ack["lang"], w.t(f"means_short.{ack['means'] or 'unknown'}"), str(ack["record"]),
        ]
        for ack in briefing["acknowledged"]
    ]  # fmt: skip
    columns = [("page.briefing_person", None), ("page.briefing_time", 36), ("page.briefing_version", 44),
               ("page.briefing_lang", 22), ("page.means", 26), ("page.record", 18)]  # fmt: skip
    return [*heading(w.both("page.briefing_title")), table(w, columns, rows)]


def _cancellation(cells: Cells) -> list[Flowable]:
    """Element 13, and every time the work was stopped."""
    d, w = cells.d, cells.w
    rows = [
        [item["at"], SEPARATOR.join(t for t in (w.t(f"cause.{item['cause']}"), item["reason"]) if t),
         w.names(item["by"]), item.get("cleared_at") or "", str(item["record"])]
        for item in d["suspensions"]
    ]  # fmt: skip
    ended = d.get("ended")
    if ended:
        reason = w.t("page.ended", state=w.t(f"state.{d['state']}"), reason=ended.get("reason", ""))
        rows.append([ended["at"], reason, w.names(ended["by"]), "", str(ended["record"])])
    columns = [
        ("page.time", 36),
        ("page.cancel_row", None),
        ("page.person", 40),
        ("act.clear_stop", 30),
        ("page.record", 16),
    ]
    return [*heading(w.both("page.cancel_title"), 13), table(w, columns, rows or [["", "", "", "", ""]])]


def _signatures(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    rows = [
        [w.both(f"sign.{item['act']}"), w.names(item["by"]), w.t(f"means.{item['means'] or 'unknown'}"), item["at"],
         str(item["record"])]
        for item in d["signatures"]
    ]  # fmt: skip
    columns = [
        ("page.act", 44),
        ("page.person", 40),
        ("page.means", None),
        ("page.plant_time", 34),
        ("page.record", 16),
    ]
    return [*heading(w.both("page.signatures_title")), table(w, columns, rows)] if rows else []


def _limits(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    texts = [w.t("page.limits_text", record=d["foot"]["record"]), w.t("page.sealed_text")]
    if w.lang == "en" and d["type"] != "general":
        texts.insert(0, w.t("page.translation"))
    if d["demo"]:
        texts.append(w.t("page.demo_text"))
    return [*heading(w.both("page.limits_title")), Text([Run("\n".join(texts), MEASURE)])]
