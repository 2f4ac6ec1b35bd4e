"""The closure record: what was planned and what happened, who accepted it, what was learnt, and the proof in figures.

Built from a *closure document*, a plain dict that services/sealer/closure_contents.py makes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from pdf_templates.forms.cells import SEPARATOR, Cells, Document
from pdf_templates.permit import sheet
from pdf_templates.sheet import Head, Masthead, build, grid
from pdf_templates.supplement import heading, isolation, table
from pdf_templates.typeset import MEASURE, Run, Text, bold
from pdf_templates.words import LANGUAGES, Words

TRAIL_SHOWN = 250  # rows; the attachment has every record
NARROW = (44, None)


def render_closure(document: Document, languages: Sequence[str] = LANGUAGES) -> bytes:
    """The unsealed PDF. Raises MissingCharacter and MissingText."""
    story: list[Flowable] = []
    for lang in languages:
        words = Words(lang)
        if story:
            story.append(PageBreak())
        story += _pages(document, words)
    return build(story, sheet(document, Words(languages[0]), "form.closure", "form.table_closure"))


def _pages(document: Document, w: Words) -> list[Flowable]:
    cells = Cells(document, w)
    head = Head(
        first=w.t("form.closure"), second=w.o("form.closure"), number_label=w.both("closure.job"),
        number=document["job_no"], link=document["link"], elements=False,
    )  # fmt: skip
    return [
        Masthead(head), _job(cells),
        *heading(w.both("closure.tickets")), *(_ticket(cells, ticket) for ticket in document["tickets"]),
        *_isolations(cells), *_review(cells), *_alarms(cells), *_signatures(cells), *_documents(cells),
        *_proof(cells), *_trail(cells), Spacer(1, 2 * mm), *_notes(cells),
    ]  # fmt: skip


def _rows(cells: Cells, rows: Sequence[tuple[str, Any]]) -> Flowable:
    made = [[cells.label(key), value if isinstance(value, Flowable) else cells.value(value)] for key, value in rows]
    return grid(made, NARROW, labels=[(0, n) for n in range(len(made))])


def _job(cells: Cells) -> Flowable:
    d, w = cells.d, cells.w
    units = SEPARATOR.join(part for part in (d["applicant_unit"], d["work_unit"], w.names(d.get("contractor"))) if part)
    return _rows(cells, [
        ("closure.site", f"{w.names(d['site']['name'])}{SEPARATOR}{w.names(d['area'])}"),
        ("closure.work", SEPARATOR.join(part for part in (d["title"], d["work_content"]) if part)),
        ("closure.units", units),
        ("closure.lead", w.names(d["work_lead"])),
        ("closure.booked", d["planned_day"]),
        ("closure.created", f"{d['created']['at']}{SEPARATOR}{w.names(d['created']['by'])}"),
        ("closure.closed", f"{d['closed']['at']}{SEPARATOR}{w.names(d['closed']['by'])}"),
    ])  # fmt: skip


def _ticket(cells: Cells, ticket: Mapping[str, Any]) -> Flowable:
    """One ticket: planned against actual, who issued and accepted it, restoration, fire watch, entries, breaks."""
    w = cells.w
    level = w.t(f"word.level_{ticket['level']}") if ticket["level"] else ""
    name = [bold(ticket["permit_no"]), Run(f"{SEPARATOR}{w.both('type.' + ticket['type'])} {level}")]
    state = Run(SEPARATOR + w.t(f"state.{ticket['state']}"))
    actual = f"{ticket['started'] or '—'} – {ticket['completed'] or '—'}"
    rows: list[tuple[str, Any]] = [
        ("closure.ticket", Text([*name, state])),
        ("closure.planned", ticket["planned"]),
        ("closure.issued", cells.signed(ticket["issued"], "word.issued")),
        ("closure.actual", Text([bold(actual), Run(f"{SEPARATOR}{ticket['duration']}" if ticket["duration"] else "")])),
    ]
    if ticket["entries"]:
        rows.append(("closure.entries", w.t("closure.count_times", count=ticket["entries"])))
    if ticket["suspensions"]:
        rows.append(("closure.suspensions", "\n".join(_suspension(w, item) for item in ticket["suspensions"])))
    restoration = ticket["restoration"]
    if restoration:
        said = {key: w.t("word.yes" if restoration[key] else "word.no") for key in ("site", "guards", "cleaned")}
        rows.append(("closure.restoration", f"{restoration['at']}{SEPARATOR}{w.t('closure.restored', **said)}"))
    watch = ticket["fire_watch"]
    if watch:
        found = w.t("closure.no_residual" if watch["no_residual_fire"] else "closure.residual")
        rows.append(("closure.fire_watch", SEPARATOR.join([watch["at"], w.names(watch["by"]), found])))
    if ticket["ended"]:
        ended = ticket["ended"]
        rows.append(("closure.state", SEPARATOR.join([ended["at"], w.names(ended["by"]), ended.get("reason", "")])))
    rows.append(("closure.accepted", cells.signed(ticket["accepted"], "word.accepted")))
    return _rows(cells, rows)


def _suspension(w: Words, item: Mapping[str, Any]) -> str:
    resumed = w.t("closure.resumed", time=item["resumed_at"]) if item["resumed_at"] else ""
    cause = w.t(f"cause.{item['cause']}") if w.has(f"cause.{item['cause']}") else item["cause"]
    return SEPARATOR.join(part for part in (item["at"], cause, item["reason"], w.names(item["by"]), resumed) if part)


def _isolations(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    if not d["isolations"]:
        return []
    rows = [
        isolation(w, item) + ("" if item.get("removed") else SEPARATOR + w.t("closure.still_on"))
        for item in d["isolations"]
    ]
    return [*heading(w.both("closure.isolations")), grid([[cells.value(row)] for row in rows], (None,))]


def _review(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    review = d["review"]
    rows: list[tuple[str, Any]] = [
        ("closure.lessons", review["lessons"]),
        ("closure.deviations", review["deviations"]),
        ("closure.feedback", review["feedback"]),
        ("closure.reviewed_by", cells.signed(review, "sign.review")),
    ]
    if d["actions"]:
        texts = [
            SEPARATOR.join([
                action["text"], f"{w.t('closure.owner')} {w.name(action['owner'])}",
                f"{w.t('closure.due')} {action['due']}",
                f"{w.t('closure.done')} {action['closed_at']}" if action["closed_at"] else w.t("closure.open"),
            ])
            for action in d["actions"]
        ]  # fmt: skip
        rows.append(("closure.actions", "\n".join(texts)))
    return [*heading(w.both("closure.review")), _rows(cells, [row for row in rows if row[1]])]


def _alarms(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    if not d["alarms"]:
        return []
    rows = [[a["at"], f"{a['code']} ×{a['count']}", a["text"], a["result"] or w.t("closure.open")] for a in d["alarms"]]
    columns = [("page.time", 30), ("closure.alarms", 16), ("closure.what", 50), ("closure.alarm_result", None)]
    return [*heading(w.both("closure.alarms")), table(w, columns, rows)]


def _signatures(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    rows = [
        [f"{w.t('sign.' + s['act'])} {s.get('about', '')}".strip(), w.names(s["by"]),
         w.t(f"means_short.{s['means'] or 'unknown'}"), s["at"], str(s["record"])]
        for s in d["signatures"]
    ]  # fmt: skip
    columns = [("page.act", 66), ("page.person", None), ("page.means", 26), ("page.plant_time", 34),
               ("page.record", 16)]  # fmt: skip
    return [*heading(w.both("page.signatures_title")), table(w, columns, rows)] if rows else []


def _documents(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    if not d["documents"]:
        return []
    rows = [[w.t(f"closure.kind_{s['kind']}"), s["no"], s["sha256"], str(s["record"])] for s in d["documents"]]
    columns = [("closure.kind", 22), ("closure.ticket", 44), ("closure.documents", None), ("page.record", 14)]
    return [*heading(w.both("closure.documents")), table(w, columns, rows)]


def _proof(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    counts = d["counts"]
    text = (
        f"{w.t('closure.counts', total=counts['total'], accepted=counts['accepted'], refused=counts['refused'])}"
        f"{SEPARATOR}{w.t('closure.first_last', first=counts['first'], last=counts['last'])}"
        f"\n{w.t('closure.head')} {d['foot']['head']}"
    )
    return [*heading(w.both("closure.proof")), grid([[cells.value(text)]], (None,))]


def _trail(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    shown = d["trail"][:TRAIL_SHOWN]
    rows = []
    for item in shown:
        key = f"act.{item['act']}"
        verdict = w.t("closure.verdict_" + item["verdict"])
        what = SEPARATOR.join(part for part in (w.t(key) if w.has(key) else item["act"], item["about"]) if part)
        rows.append([str(item["seq"]), item["at"], what, w.name(item["by"]), " ".join([verdict, *item["codes"]])])
    columns = [
        ("page.record", 15),
        ("page.time", 34),
        ("closure.what", None),
        ("closure.who", 32),
        ("closure.verdict", 46),
    ]
    cut = len(d["trail"]) - len(shown)
    rest = [Text([Run(w.t("closure.trail_cut", count=cut), MEASURE)])] if cut else []
    return [*heading(w.both("closure.trail")), table(w, columns, rows), *rest]


def _notes(cells: Cells) -> list[Flowable]:
    d, w = cells.d, cells.w
    texts = [w.t("closure.title_note"), w.t("page.sealed_text")]
    if d["demo"]:
        texts.append(w.t("page.demo_text"))
    return [Text([Run("\n".join(texts), MEASURE)])]
