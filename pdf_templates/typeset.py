"""Setting mixed Chinese and Latin text in lines, with our own line breaks.

Text is data here, never markup: what people write cannot change the page. Words and numbers are kept whole, Chinese
breaks anywhere except before closing and after opening punctuation. Sizes are points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus.flowables import Flowable

from pdf_templates import typefaces

BODY = 8.6
SMALL = 6.6
MEASURE = 7.6
LEADING = 1.28  # of the size
LABEL_LEADING = 1.14
LABEL_SMALLEST = 7.6  # a label shrinks this far before it takes two lines
ASCENT = 0.88  # of the size: where the baseline lies below the top of the em box
CIRCLE = 3.9 * 72 / 25.4  # diameter of an HSG250 number

NO_START = frozenset("，。、；：？！）】》〉」』”’％%…·,.;:?!)]}°")
NO_END = frozenset("（【《〈「『“‘([{")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one size and weight; `box` draws a tick box before it (True ticked, False empty)."""

    text: str
    size: float = BODY
    bold: bool = False
    box: bool | None = None


def small(text: str) -> Run:
    return Run(text, SMALL)


def bold(text: str, size: float = BODY) -> Run:
    return Run(text, size, bold=True)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something drawn in one go: a string in one font, or a tick box."""

    text: str
    font: str
    size: float
    width: float
    box: bool | None = None


@dataclass(slots=True)
class _Atom:
    """What may not be broken, with its width; a space may vanish at the end of a line."""

    pieces: list[_Piece]
    width: float
    space: bool = False
    newline: bool = False


def wide(character: str) -> bool:
    """Whether a line may break beside the character (ideographs, kana, full-width signs)."""
    return ord(character) >= 0x2E80


@lru_cache(maxsize=20_000)
def _piece(text: str, run: Run) -> tuple[_Piece, ...]:
    """The text in the run's weight; characters the bold face lacks are drawn in the regular one."""
    if not run.bold:
        return (_Piece(text, typefaces.REGULAR, run.size, stringWidth(text, typefaces.REGULAR, run.size)),)
    has = typefaces.characters(typefaces.BOLD)
    pieces: list[_Piece] = []
    for character in text:
        font = typefaces.BOLD if ord(character) in has else typefaces.REGULAR
        width = stringWidth(character, font, run.size)
        if pieces and pieces[-1].font == font:
            last = pieces[-1]
            pieces[-1] = _Piece(last.text + character, font, run.size, last.width + width)
        else:
            pieces.append(_Piece(character, font, run.size, width))
    return tuple(pieces)


def _words(text: str) -> Iterable[str]:
    """Single wide characters, runs of others, single spaces and newlines."""
    word = ""
    for character in text:
        if character in " \n\u3000" or wide(character):
            if word:
                yield word
            yield character
            word = ""
        else:
            word += character
    if word:
        yield word


def _atoms(runs: Sequence[Run]) -> list[_Atom]:
    atoms: list[_Atom] = []
    glue = False  # the atom before may not end a line
    for run in runs:
        text = typefaces.clean(run.text)
        if run.box is not None:
            atoms.append(_Atom([_Piece("", "", run.size, run.size * 1.25, run.box)], run.size * 1.25))
            glue = True
        for word in _words(text):
            if word == "\n":
                atoms.append(_Atom([], 0, newline=True))
                glue = False
                continue
            pieces = _piece(word, Run("", run.size, run.bold))
            atom = _Atom(list(pieces), sum(p.width for p in pieces), space=word in " \u3000")
            joins = atoms and not atoms[-1].newline and not atoms[-1].space and not atom.space
            if joins and (glue or (len(word) == 1 and word in NO_START)):
                atoms[-1].pieces += atom.pieces
                atoms[-1].width += atom.width
            else:
                atoms.append(atom)
            glue = word[-1] in NO_END
    return atoms


def _split(atom: _Atom, width: float) -> Iterable[_Atom]:
    """An atom wider than a line, cut by characters."""
    for piece in atom.pieces:
        text = piece.text
        while text:
            count = 1
            while count < len(text) and stringWidth(text[: count + 1], piece.font, piece.size) <= width:
                count += 1
            part = text[:count]
            drawn = _Piece(part, piece.font, piece.size, stringWidth(part, piece.font, piece.size))
            yield _Atom([drawn], drawn.width)
            text = text[count:]


def _joined(pieces: list[_Piece]) -> list[_Piece]:
    """Neighbours of one font and size as one string: it is drawn at once, and copied as one."""
    joined: list[_Piece] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last and last.box is None and piece.box is None and (last.font, last.size) == (piece.font, piece.size):
            joined[-1] = _Piece(last.text + piece.text, last.font, last.size, last.width + piece.width)
        else:
            joined.append(piece)
    return joined


def lines(runs: Sequence[Run], width: float) -> list[list[_Piece]]:
    """The runs broken into lines of at most `width`. Raises MissingCharacter."""
    done: list[list[_Piece]] = []
    line: list[_Atom] = []
    used = 0.0

    def flush() -> None:
        nonlocal line, used
        while line and line[-1].space:
            line.pop()
        done.append(_joined([piece for atom in line for piece in atom.pieces]))
        line, used = [], 0.0

    for whole in _atoms(runs):
        if whole.newline:
            flush()
            continue
        for atom in [whole] if whole.width <= width else _split(whole, width):
            if used + atom.width > width and line and not atom.space:
                flush()
            if atom.space and not line and done:
                continue
            line.append(atom)
            used += atom.width
    if line or not done:
        flush()
    return done


class Text(Flowable):
    """Lines of runs; `align` is left, center or right. Splits between lines."""

    def __init__(
        self, runs: Sequence[Run] | str, align: str = "left", prepared: list | None = None, leading: float = LEADING
    ) -> None:
        super().__init__()
        self.leading = leading
        self.runs = [Run(runs)] if isinstance(runs, str) else list(runs)
        self.align = align
        self.prepared = prepared
        self.broken: list[list[_Piece]] = []

    def _height(self, line: list[_Piece]) -> float:
        return max((p.size for p in line), default=BODY) * self.leading

    def __len__(self) -> int:
        return sum(len(run.text) for run in self.runs)

    def __bool__(self) -> bool:
        return True

    def wrap(self, available_width, _available_height):
        if self.broken and self.width == available_width:
            return self.width, self.height
        self.width = available_width
        self.broken = self.prepared if self.prepared is not None else lines(self.runs, available_width)
        self.height = sum(map(self._height, self.broken))
        return self.width, self.height

    def split(self, available_width, available_height):
        self.wrap(available_width, available_height)
        used, count = 0.0, 0
        while count < len(self.broken) and used + self._height(self.broken[count]) <= available_height:
            used += self._height(self.broken[count])
            count += 1
        if count in (0, len(self.broken)):
            return []
        return [
            Text([], self.align, self.broken[:count], self.leading),
            Text([], self.align, self.broken[count:], self.leading),
        ]

    def draw(self):
        y = self.height
        for line in self.broken:
            height = self._height(line)
            size = height / self.leading
            baseline = y - (height - size) / 2 - size * ASCENT
            total = sum(p.width for p in line)
            x = {"left": 0.0, "center": (self.width - total) / 2, "right": self.width - total}[self.align]
            for piece in line:
                self._draw_piece(piece, x, baseline)
                x += piece.width
            y -= height

    def _draw_piece(self, piece: _Piece, x: float, y: float) -> None:
        canvas = self.canv
        if piece.box is None:
            canvas.setFont(piece.font, piece.size)
            canvas.drawString(x, y, piece.text)
            return
        side = piece.size * 0.86
        bottom = y - piece.size * 0.08
        canvas.setLineWidth(0.8)
        canvas.rect(x + 0.5, bottom, side, side)
        if piece.box:
            canvas.setLineWidth(1.2)
            canvas.line(x + 0.5, bottom, x + 0.5 + side, bottom + side)
            canvas.line(x + 0.5, bottom + side, x + 0.5 + side, bottom)


class Label(Flowable):
    """A row's label: first language bold, second small below, HSG250 numbers in circles at the right."""

    def __init__(
        self, first: str, second: str = "", numbers: Sequence[int] = (), size: float = 8.4, align: str = "left"
    ):
        super().__init__()
        self.numbers = tuple(numbers)
        self.text, self.size, self.align = first, size, align
        self.second = Text([small(second)], align, leading=LABEL_LEADING) if second else None

    def wrap(self, available_width, available_height):
        self.width = available_width
        room = max(available_width - len(self.numbers) * (CIRCLE + 2), available_width * 0.4)
        for size in (self.size, LABEL_SMALLEST):
            self.first = Text([bold(self.text, size)], self.align, leading=LABEL_LEADING)
            _, height = self.first.wrap(room, available_height)
            if len(self.first.broken) == 1:
                break
        if self.second:
            height += self.second.wrap(room, available_height)[1]
        self.height = max(height, CIRCLE if self.numbers else 0)
        return self.width, self.height

    def draw(self):
        y = self.height - self.first.height
        self.first.drawOn(self.canv, 0, y)
        if self.second:
            self.second.drawOn(self.canv, 0, y - self.second.height)
        for place, number in enumerate(reversed(self.numbers)):
            circle(self.canv, self.width - CIRCLE / 2 - place * (CIRCLE + 2), self.height / 2, number)


def circle(canvas, x: float, y: float, number: int) -> None:
    """An HSG250 element number in a circle centred on x, y."""
    canvas.saveState()
    canvas.setLineWidth(0.6)
    canvas.setFillGray(1)
    canvas.circle(x, y, CIRCLE / 2, stroke=1, fill=1)
    canvas.setFillGray(0)
    canvas.setFont(typefaces.BOLD, 6.4)
    canvas.drawCentredString(x, y - 6.4 * 0.36, str(number))
    canvas.restoreState()
