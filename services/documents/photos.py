"""Taking location and device tags out of photos without touching a pixel.

A photo is evidence, so it is not decoded and compressed again: only the containers' side parts are left out (Exif, XMP,
IPTC, comments, maker notes, previews and films appended behind the picture). The orientation is kept, since without it
the picture lies on its side. Formats: ITU-T T.81 and Exif 2.32 (JPEG), PNG 3rd edition, the WebP container page.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping

from services.documents.errors import BrokenImage
from services.documents.kinds import JPEG, PNG, WEBP

#: A file with more parts than this is not a photo of any camera.
MAX_PARTS = 10_000

_EOI, _SOS, _COM = 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length: TEM and the restarts
_ORIENTATION = 0x0112
_SHORT = 3
#: PNG chunks that carry words, times or Exif; everything else is picture or colour.
_PNG_DROPPED = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
#: WebP chunks that are picture, animation or colour.
_WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_VP8X_EXIF_AND_XMP = 0x08 | 0x04


def without_tags(media_type: str, data: bytes) -> bytes:
    """The same picture without its tags; other types come back unchanged. Raises BrokenImage."""
    strip = _STRIPPERS.get(media_type)
    if strip is None:
        return data
    try:
        return strip(data)
    except (struct.error, IndexError) as error:
        raise BrokenImage("the photo ends in the middle of one of its parts") from error


def _jpeg(data: bytes) -> bytes:
    out = bytearray(b"\xff\xd8")
    for marker, segment in _jpeg_segments(data):
        body = segment[4:]
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            orientation = _orientation(body[6:])
            if orientation != 1:
                out += _orientation_segment(orientation)
        elif _jpeg_keeps(marker, body):
            out += segment
    return bytes(out)


def _jpeg_keeps(marker: int, body: bytes) -> bool:
    if marker == _COM:
        return False
    if _APP0 <= marker <= _APP15:
        return (
            (marker == _APP0 and body.startswith(b"JFIF\0"))
            or (marker == _APP2 and body.startswith(b"ICC_PROFILE\0"))
            or (marker == _APP14 and body.startswith(b"Adobe"))
        )
    return True


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, whole segment) up to and with the end of the image; what stands behind it is left out.

    The segment of a scan includes its coded data.
    """
    at = 2
    for _ in range(MAX_PARTS):
        if data[at] != 0xFF:
            raise BrokenImage("the photo has bytes between its segments")
        while data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker = data[at + 1]
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        if marker in _STANDALONE:
            end = at + 2
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            end = at + 2 + length
            if length < 2 or end > len(data):
                raise BrokenImage("a segment of the photo is longer than the file")
            if marker == _SOS:
                end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end
    raise BrokenImage(f"the photo has more than {MAX_PARTS} parts")


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker that is neither a stuffed byte nor a restart begins."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise BrokenImage("the photo has no end")
        follows = data[at + 1]
        if follows != 0x00 and follows not in _STANDALONE and follows != 0xFF:
            return at
        at += 1 if follows == 0xFF else 2


def _orientation(tiff: bytes) -> int:
    """The orientation (1 to 8) of an Exif block; 1 if it says none that we understand."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None or len(tiff) < 8:
        return 1
    (first,) = struct.unpack_from(order + "I", tiff, 4)
    if first + 2 > len(tiff):
        return 1
    (count,) = struct.unpack_from(order + "H", tiff, first)
    for entry in range(first + 2, min(first + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind = struct.unpack_from(order + "HH", tiff, entry)
        if tag == _ORIENTATION and kind == _SHORT:
            (value,) = struct.unpack_from(order + "H", tiff, entry + 8)
            return value if 1 <= value <= 8 else 1
    return 1


def _exif_with(orientation: int) -> bytes:
    """A TIFF block that says the orientation and nothing else."""
    return b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)


def _orientation_segment(orientation: int) -> bytes:
    body = b"Exif\0\0" + _exif_with(orientation)
    return struct.pack(">BBH", 0xFF, _APP1, len(body) + 2) + body


def _png(data: bytes) -> bytes:
    out, at = bytearray(data[:8]), 8
    for _ in range(MAX_PARTS):
        (length,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + length
        if end > len(data):
            raise BrokenImage("a chunk of the photo is longer than the file")
        if kind == b"eXIf":
            orientation = _orientation(data[at + 8 : end - 4])
            if orientation != 1:
                out += _png_chunk(b"eXIf", _exif_with(orientation))
        elif kind in _PNG_KEPT:
            out += data[at:end]
        elif kind not in _PNG_DROPPED and not kind[0] & 0x20:
            raise BrokenImage("the photo has a critical chunk that PNG does not know")
        if kind == b"IEND":
            return bytes(out)
        at = end
    raise BrokenImage(f"the photo has more than {MAX_PARTS} parts")


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _webp(data: bytes) -> bytes:
    (riff,) = struct.unpack_from("<I", data, 4)
    end_of_file = 8 + riff
    if end_of_file > len(data):
        raise BrokenImage("the photo is shorter than it says")
    out, at, parts = bytearray(), 12, 0
    while at < end_of_file:
        (length,) = struct.unpack_from("<I", data, at + 4)
        kind, end = data[at : at + 4], at + 8 + length + (length & 1)
        parts += 1
        if end > end_of_file or parts > MAX_PARTS:
            raise BrokenImage("a chunk of the photo is longer than the file")
        if kind == b"VP8X":
            out += data[at : at + 8] + bytes([data[at + 8] & ~_VP8X_EXIF_AND_XMP]) + data[at + 9 : end]
        elif kind in _WEBP_KEPT:
            out += data[at:end]
        at = end
    return b"RIFF" + struct.pack("<I", len(out) + 4) + b"WEBP" + bytes(out)


_STRIPPERS: Mapping[str, Callable[[bytes], bytes]] = {JPEG: _jpeg, PNG: _png, WEBP: _webp}
