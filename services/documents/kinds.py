"""Which type a document has, told from its content: a name or a header of the sender is never believed."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from services.documents.errors import UnknownType


@dataclass(frozen=True, slots=True)
class Document:
    """A stored document; `size` in bytes, of the bytes that are stored (a photo is shorter than what was sent)."""

    sha256: str
    size: int
    media_type: str


PDF, PNG, JPEG, WEBP, TEXT = "application/pdf", "image/png", "image/jpeg", "image/webp", "text/plain"

#: The first bytes decide. All signatures start at byte 0: a file that begins with something else is not taken as a
#: PDF even if a reader would find one further on (it may be two kinds at once).
SIGNATURES: tuple[tuple[str, Callable[[bytes], bool]], ...] = (
    (PDF, lambda head: head.startswith(b"%PDF-")),
    (PNG, lambda head: head.startswith(b"\x89PNG\r\n\x1a\n")),
    (JPEG, lambda head: head.startswith(b"\xff\xd8\xff")),
    (WEBP, lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
)
PICTURES = frozenset({PNG, JPEG, WEBP})
ACCEPTED = (PDF, PNG, JPEG, WEBP, TEXT)
HEAD_BYTES = 16

#: Control characters that plain text may have: tab, line feed, form feed, carriage return.
_TEXT_CONTROLS = frozenset("\t\n\f\r")


def by_signature(head: bytes) -> str | None:
    """The media type the first bytes say, or None."""
    return next((media_type for media_type, fits in SIGNATURES if fits(head)), None)


def media_type_of(head: bytes, chunks: Iterable[bytes]) -> str:
    """The media type of a document from its first bytes and, if they say nothing, from the whole of it.

    Raises UnknownType if it is neither a signed type nor UTF-8 text without control characters.
    """
    found = by_signature(head)
    if found is not None:
        return found
    if _is_text(chunks):
        return TEXT
    raise UnknownType(ACCEPTED)


def _is_text(chunks: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in chunks:
            if not _printable(decoder.decode(chunk)):
                return False
        return _printable(decoder.decode(b"", final=True))
    except UnicodeDecodeError:
        return False


def _printable(text: str) -> bool:
    return not any((ch < " " and ch not in _TEXT_CONTROLS) or ch == "\x7f" for ch in text)
