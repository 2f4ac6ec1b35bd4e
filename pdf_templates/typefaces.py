"""The two embedded typefaces, and the refusal to print what they cannot show.

A missing glyph would be drawn as an empty box, and a box in a name is a lie under a seal. So every string is checked
against the font before anything is drawn, and `MissingCharacter` names the character.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont

FOLDER = Path(__file__).parent / "fonts"
REGULAR = "SevengatesSansSC"
BOLD = "SevengatesSansSC-Bold"
FILES = {REGULAR: "SevengatesSansSC-Regular.ttf", BOLD: "SevengatesSansSC-Bold.ttf"}
#: Invisible by Unicode's own definition (joiners, variation selectors, marks of direction): dropped, not refused.
IGNORABLE = frozenset(
    {0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0xFE00, 0xFE10)}
)
#: Code points of one entry of a PDF character map (Adobe Technical Note 5014 allows 100 a block).
MAP_BLOCK = 100


class MissingCharacter(ValueError):
    """A text holds a character that the embedded font does not have."""

    def __init__(self, character: str, text: str) -> None:
        name = unicodedata.name(character, "no Unicode name")
        super().__init__(
            f"the character {character!r} (U+{ord(character):04X}, {name}) in {text[:60]!r} is not in the embedded "
            f"font; 文字“{character}”不在内嵌字体中"
        )
        self.character = character
        self.text = text


class MappedFont(TTFont):
    """A TrueType font whose text can be copied and searched beyond U+FFFF too.

    reportlab writes the code point as one hexadecimal number; a PDF wants UTF-16, so 𬭎 came out as another letter.
    """

    def addObjects(self, doc):
        subsets = [list(subset) for subset in self.state[doc].subsets]
        super().addObjects(doc)
        for number, subset in enumerate(subsets):
            base = (b"".join((SUBSETN(number), b"+", self.face.name, self.face.subfontNameX))).decode("pdfdoc")
            doc.idToObject["toUnicodeCMap:" + base].content = character_map(base, subset)


def character_map(name: str, subset: list[int]) -> str:
    """The ToUnicode map of one embedded subset: code in the page -> UTF-16BE (PDF 32000-1, 9.10.3)."""
    entries = [f"<{code:02X}> <{chr(point).encode('utf-16-be').hex().upper()}>" for code, point in enumerate(subset)]
    blocks = [entries[start : start + MAP_BLOCK] for start in range(0, len(entries), MAP_BLOCK)]
    lines = [
        "/CIDInit /ProcSet findresource begin", "12 dict begin", "begincmap",
        f"/CIDSystemInfo << /Registry ({name}) /Ordering ({name}) /Supplement 0 >> def",
        f"/CMapName /{name} def", "/CMapType 2 def",
        "1 begincodespacerange", "<00> <FF>", "endcodespacerange",
    ]  # fmt: skip
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines += ["endcmap", "CMapName currentdict /CMap defineresource pop", "end", "end"]
    return "\n".join(lines)


@cache
def load() -> None:
    """Register both fonts with reportlab, once in a process."""
    for name, file in FILES.items():
        pdfmetrics.registerFont(MappedFont(name, str(FOLDER / file)))


@cache
def characters(name: str = REGULAR) -> frozenset[int]:
    """All code points the font can draw."""
    load()
    return frozenset(pdfmetrics.getFont(name).face.charToGlyph)


def clean(text: str) -> str:
    """The text as it will be drawn: composed (NFC), tabs as spaces, invisible marks dropped, every character checked.

    Raises MissingCharacter.
    """
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    kept = "".join(c for c in composed if ord(c) not in IGNORABLE and not 0xE0100 <= ord(c) <= 0xE01EF)
    known = characters()
    for character in kept:
        if character != "\n" and ord(character) not in known:
            raise MissingCharacter(character, kept)
    return kept


def missing(text: str) -> str:
    """The characters of `text` that no permit can show, for a check at the time of writing; empty if all is well."""
    found = []
    known = characters()
    for character in unicodedata.normalize("NFC", text):
        point = ord(character)
        drawn = point in known or character in "\n\r\t" or point in IGNORABLE or 0xE0100 <= point <= 0xE01EF
        if not drawn and character not in found:
            found.append(character)
    return "".join(found)
