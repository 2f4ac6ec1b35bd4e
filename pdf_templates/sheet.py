"""The sheet: A4, 12 mm margins, black on white; masthead with QR code, foot with page n / m, watermark.

Everything is drawn in the two embedded fonts. The watermark lies over the text, 10 % black, three times across.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import segno
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Frame, PageTemplate
from reportlab.platypus.flowables import Flowable
from reportlab.platypus.tables import Table, TableStyle

from pdf_templates import typefaces
from pdf_templates.typeset import CIRCLE, Run, Text, bold, circle

MARGIN = 12 * mm
WIDTH = A4[0] - 2 * MARGIN
HEIGHT = A4[1] - 2 * MARGIN - 1 * mm  # of the frame
DENSITIES = (0.75, 0.5, 0.25, 0.1)  # of the padding of tables, tried in turn to keep a part on one page
FOOT = 9 * mm  # room for the foot inside the lower margin and above it
QR_SIDE = 25 * mm
QR_QUIET = 4  # modules of white around the code (ISO/IEC 18004)
WATERMARK_SIZE = 60
WATERMARK_GREY = 0.10
WATERMARK_WIDTH = 190 * mm  # of the longest one, measured along the text
LONG_TEXT = 1500  # characters of a cell
SHADE = 0.94  # of label cells; still white after a photocopy
RULE = 0.5
FRAME_RULE = 1.2
AUTHOR = "Sevengates 七关"
WARNING_UP = 22  # points above the foot of the masthead: between the titles and the number


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on every page."""

    title: str
    foot: tuple[str, str]  # two lines; page n / m stands at the right of the first
    watermarks: tuple[str, ...] = ()
    lang: str = "zh-CN"
    keywords: str = ""


class SealedCanvas(Canvas):
    """Draws the watermark and the foot of each page once the number of pages is known."""

    def __init__(self, *arguments: Any, sheet: Sheet, **keywords: Any) -> None:
        typefaces.load()
        keywords.update(initialFontName=typefaces.REGULAR, lang=sheet.lang, pageCompression=1)
        super().__init__(*arguments, **keywords)
        self.sheet = sheet
        self.pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.pages, start=1):
            self.__dict__.update(page)
            self._watermark()
            self._foot(number, len(self.pages))
            super().showPage()
        super().save()

    def _watermark(self) -> None:
        marks = [typefaces.clean(mark) for mark in self.sheet.watermarks]
        if not marks:
            return
        widest = max(stringWidth(mark, typefaces.BOLD, 1) for mark in marks)
        size = min(WATERMARK_SIZE, WATERMARK_WIDTH / widest)
        self.saveState()
        self.setFillGray(0)
        self.setFillAlpha(WATERMARK_GREY)
        self.setFont(typefaces.BOLD, size)
        for across, up in ((0.34, 0.76), (0.5, 0.47), (0.66, 0.18)):
            self.saveState()
            self.translate(A4[0] * across, A4[1] * up)
            self.rotate(38)
            for line, mark in enumerate(marks):
                self.drawCentredString(0, ((len(marks) - 1) / 2 - line) * size * 1.15 - size / 3, mark)
            self.restoreState()
        self.restoreState()

    def _foot(self, number: int, count: int) -> None:
        first, second = self.sheet.foot
        self.saveState()
        self.setLineWidth(RULE)
        top = MARGIN - 1 * mm
        self.line(MARGIN, top, A4[0] - MARGIN, top)
        for text, align, down in (
            (first, "left", 0.6 * mm),
            (second, "left", 3.7 * mm),
            (f"{number} / {count}", "right", 0.6 * mm),
        ):
            place = Text([Run(text, 6.8)], align)
            place.wrap(WIDTH, FOOT)
            place.drawOn(self, MARGIN, top - down - place.height)
        self.restoreState()


def build(story: Sequence[Flowable], sheet: Sheet) -> bytes:
    """The finished, unsealed PDF. Raises MissingCharacter for what the font cannot show."""
    typefaces.load()
    out = io.BytesIO()
    document = BaseDocTemplate(
        out, pagesize=A4, title=sheet.title, author=AUTHOR, creator=AUTHOR, subject=sheet.title, keywords=sheet.keywords
    )
    frame = Frame(
        MARGIN, MARGIN + 1 * mm, WIDTH, HEIGHT,
        leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
    )  # fmt: skip
    document.addPageTemplates(PageTemplate(frames=[frame], pagesize=A4))
    document.build(list(story), canvasmaker=partial(SealedCanvas, sheet=sheet))
    return out.getvalue()


@dataclass(slots=True)
class Head:
    """The masthead: titles with element 1, the number with element 2, boxed marks and the QR code."""

    first: str
    second: str
    number_label: str
    number: str
    marks: tuple[str, ...] = ()
    link: str = ""
    elements: bool = True
    warning: str = ""  # in a box of its own: what this copy must not be taken for


class Masthead(Flowable):
    """Draws a Head, as wide as the sheet; the QR code stands at the right with four modules of white around it."""

    HEIGHT = QR_SIDE + 2 * mm

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head

    def wrap(self, available_width, _available_height):
        self.width, self.height = available_width, self.HEIGHT
        return self.width, self.height

    def draw(self):
        head, canvas = self.head, self.canv
        room = self.width - QR_SIDE - 4 * mm
        title = Text([bold(head.first, 19)])
        title.wrap(room, 100)
        y = self.height - title.height
        title.drawOn(canvas, 0, y)
        if head.elements:
            circle(canvas, sum(p.width for p in title.broken[-1]) + CIRCLE, y + title.height / 2, 1)
        second = Text([bold(head.second, 10)])
        second.wrap(room, 100)
        y -= second.height
        second.drawOn(canvas, 0, y)
        self._line(room)
        if head.warning:
            box = Text([bold(head.warning, 11)])
            box.wrap(room, 100)
            width = sum(p.width for p in box.broken[0]) + 4 * mm
            canvas.setLineWidth(FRAME_RULE)
            canvas.rect(room - width, WARNING_UP, width, 16)
            box.drawOn(canvas, room - width + 2 * mm, WARNING_UP + 1)
        if head.link:
            self._code(head.link)

    def _line(self, room: float) -> None:
        """The number and the boxed marks, at the foot of the masthead."""
        head, canvas = self.head, self.canv
        x, y = 0.0, 2.2 * mm
        if head.elements:
            circle(canvas, CIRCLE / 2, y + 3.4, 2)
            x = CIRCLE + 3
        number = Text([Run(head.number_label + "\u00a0", 9), bold(head.number, 12)])
        number.wrap(room, 100)
        number.drawOn(canvas, x, y - 4)
        x += sum(p.width for p in number.broken[0]) + 5 * mm
        for mark in head.marks:
            box = Text([bold(mark, 8.6)])
            box.wrap(room, 100)
            width = sum(p.width for p in box.broken[0])
            if x + width + 4 * mm > room + 4 * mm:
                break
            canvas.setLineWidth(FRAME_RULE)
            canvas.rect(x, y - 4, width + 4 * mm, 15)
            box.drawOn(canvas, x + 2 * mm, y - 2.2)
            x += width + 7 * mm

    def _code(self, link: str) -> None:
        """The QR code as filled squares (vector); error correction M."""
        canvas = self.canv
        code = segno.make(link, error="m", micro=False)
        rows = [list(row) for row in code.matrix_iter(border=QR_QUIET)]
        module = QR_SIDE / len(rows)
        left, top = self.width - QR_SIDE, self.height
        canvas.saveState()
        canvas.setFillGray(0)
        path = canvas.beginPath()
        for down, row in enumerate(rows):
            for across, dark in enumerate(row):
                if dark:
                    path.rect(left + across * module, top - (down + 1) * module, module, module)
        canvas.drawPath(path, stroke=0, fill=1)
        canvas.linkURL(link, (left, top - QR_SIDE, left + QR_SIDE, top), relative=1)
        canvas.restoreState()


def fitted(make: Callable[[], list[Flowable]]) -> tuple[list[Flowable], bool]:
    """What `make` gives, on one page if less padding in its tables is enough for that; and whether it is."""
    story = make()
    solid = [flowable for flowable in story if not isinstance(flowable, CondPageBreak)]
    tables = [flowable for flowable in solid if isinstance(flowable, Table)]
    needed = sum(flowable.wrap(WIDTH, A4[1])[1] for flowable in solid)
    if needed <= HEIGHT:
        return solid, True
    for density in DENSITIES:
        saved = sum(2 * table.pad * mm * (1 - density) * len(table._cellvalues) for table in tables)
        if needed - saved <= HEIGHT:
            solid = [flowable for flowable in make() if not isinstance(flowable, CondPageBreak)]
            for table in (flowable for flowable in solid if isinstance(flowable, Table)):
                table.setStyle(_padding(table.pad * density))
            return solid, True
    return story, False


def _is_long(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether a row may be higher than a page: only then is it split inside."""
    return any(isinstance(cell, Text) and len(cell) > LONG_TEXT for row in rows for cell in row)


def _padding(pad: float) -> list[tuple]:
    return [(name, (0, 0), (-1, -1), pad * mm) for name in ("TOPPADDING", "BOTTOMPADDING")]


def grid(
    rows: Sequence[Sequence[Any]],
    widths: Sequence[float | None],
    spans: Sequence[tuple] = (),
    labels: Sequence[tuple] = (),
    pad: float = 0.62,
    repeat: int = 0,
) -> Table:
    """A ruled table of the sheet's width. `widths` in mm (None takes the rest); `labels` are the shaded cells (c, r).

    `pad` is the upper and lower padding in mm; the first `repeat` rows come again on each page.
    """
    rest = (WIDTH - sum(w * mm for w in widths if w)) / max(1, sum(w is None for w in widths))
    style: list[tuple] = [
        ("INNERGRID", (0, 0), (-1, -1), RULE, "black"),
        ("BOX", (0, 0), (-1, -1), FRAME_RULE, "black"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        *_padding(pad),
        ("LEFTPADDING", (0, 0), (-1, -1), 1.5 * mm),
        ("RIGHTPADDING", (0, 0), (-1, -1), 1.5 * mm),
        ("FONTNAME", (0, 0), (-1, -1), typefaces.REGULAR),
        *(("SPAN", *span) for span in spans),
        *(("BACKGROUND", cell, cell, (SHADE, SHADE, SHADE)) for cell in labels),
    ]
    table = Table(
        [list(row) for row in rows], colWidths=[w * mm if w else rest for w in widths], style=TableStyle(style),
        repeatRows=repeat, splitByRow=1, splitInRow=int(_is_long(rows)), hAlign="LEFT",
    )  # fmt: skip
    table.pad = pad
    return table
