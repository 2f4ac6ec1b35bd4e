"""The permit as a PDF: for each language the form of Annex A with its masthead, then the supplement."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Spacer
from reportlab.platypus.flowables import Flowable

from pdf_templates.forms import form
from pdf_templates.forms.cells import Document
from pdf_templates.sheet import Head, Masthead, Sheet, build, fitted, grid
from pdf_templates.supplement import supplement
from pdf_templates.typeset import Label, Text, bold
from pdf_templates.words import LANGUAGES, Words

LARGE = 15  # points: emergency number, muster point and validity
CHAIN_SHOWN = 16  # hexadecimal digits of the chain head in the foot; all of them are in the attachment


def render_permit(document: Document, languages: Sequence[str] = LANGUAGES) -> bytes:
    """The unsealed PDF. Raises MissingCharacter for a character the font lacks, MissingText for a missing word."""
    story: list[Flowable] = []
    for lang in languages:
        words = Words(lang)
        if story:
            story.append(PageBreak())
        front, whole = fitted(partial(_front, document, words))
        behind, _ = fitted(partial(supplement, document, words))
        story += [*front, PageBreak() if whole else Spacer(1, 5 * mm), *behind]
    return build(
        story, sheet(document, Words(languages[0]), f"form.{document['type']}", f"form.table_{document['type']}")
    )


def _front(document: Document, words: Words) -> list[Flowable]:
    return [Masthead(_head(document, words)), _band(document, words), Spacer(1, 1.6 * mm), *form(document, words)]


def sheet(document: Document, words: Words, title: str, layout: str) -> Sheet:
    """Foot and watermark from a document's `foot`, `demo` and `status_mark`."""
    foot = document["foot"]
    proof = (
        f"{words.both('mark.rules')} {' '.join(foot['packs'])} · {words.both('mark.record')} {foot['record']}"
        f" · {words.both('mark.chain')} {foot['head'][:CHAIN_SHOWN]}"
    )
    marks = [
        words.both(f"mark.{mark}") for mark in (document["status_mark"], "demo" if document["demo"] else "") if mark
    ]
    number = document.get("permit_no") or document["job_no"]
    return Sheet(
        title=f"{number} {words.both(title)}",
        foot=(words.t(layout), proof),
        watermarks=tuple(marks),
        lang=words.lang,
        keywords=f"record {foot['record']}; chain {foot['head']}",
    )


def _head(document: Document, words: Words) -> Head:
    copy, w = document["copy"], words
    origin = w.both("mark.original") if not copy["print"] else w.t("mark.print", count=copy["print"])
    key = f"form.{document['type']}"
    mark = document["status_mark"]
    warning = w.t("mark.not_valid", state=w.t(f"state.{mark}")) if mark else ""
    return Head(
        first=w.t(key), second=w.o(key), number_label=w.both("mark.number"), number=document["permit_no"],
        marks=(w.t(f"mark.copy_{copy['number']}"), origin), link=document["link"], warning=warning,
    )  # fmt: skip


def _band(document: Document, words: Words) -> Flowable:
    """Above the form, in large type: where to call, where to go, until when."""
    w, site = words, document["site"]

    def label(key: str) -> Label:
        return Label(w.t(f"mark.{key}"), w.o(f"mark.{key}"))

    until = f"{document['valid_from']} – {document['valid_to']}" if document.get("valid_to") else w.t("mark.none_yet")
    rows: list[list[object]] = [
        [label("emergency_number"), Text([bold(site["emergency_number"], LARGE)]),
         label("muster"), Text([bold(w.name(site["muster_point"]), LARGE)])],
        [label("valid"), Text([bold(until, LARGE)]), "", ""],
    ]  # fmt: skip
    return grid(rows, (24, 40, 24, None), [((1, 1), (3, 1))])
