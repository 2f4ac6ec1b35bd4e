"""Location and device tags are taken out of photos; the picture stays as it was, to the pixel."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo

from services.documents import BrokenImage, FileStore, open_store
from services.documents.photos import MAX_PARTS, without_tags

GPS, MODEL, ORIENTATION = 0x8825, 0x0110, 0x0112
SECRETS = (b"Rugged-9", b"31.2304", b"<x:xmpmeta", b"taken by Wang")


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return open_store(f"file://{tmp_path}/documents")


def picture() -> Image.Image:
    image = Image.new("RGB", (48, 32))
    image.putdata([(x * 5, y * 7, (x * y) % 256) for y in range(32) for x in range(48)])
    return image


def tags(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[MODEL] = "Rugged-9"
    exif[ORIENTATION] = orientation
    exif.get_ifd(GPS).update({1: "N", 2: (31.0, 13.0, 49.0), 3: "E", 4: (121.0, 28.0, 25.0)})
    return exif


def photo(kind: str, orientation: int = 1, **more: object) -> bytes:
    out = io.BytesIO()
    if kind == "PNG":
        words = PngInfo()
        words.add_text("Location", "31.2304")
        words.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta/>")
        more["pnginfo"] = words
    if kind == "JPEG":
        more |= {"comment": b"taken by Wang", "xmp": b"<x:xmpmeta/>", "quality": 90}
    if kind == "WEBP":
        more |= {"xmp": b"<x:xmpmeta/>", "lossless": True}
    picture().save(out, kind, exif=tags(orientation), **more)
    return out.getvalue()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image.convert("RGB").tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("more", [{}, {"progressive": True}, {"icc_profile": b"\0" * 200}])
def test_the_tags_are_gone_and_the_pixels_are_the_same(store: FileStore, kind: str, more: dict) -> None:
    sent = photo(kind, **more)
    assert any(secret in sent for secret in SECRETS)
    kept = store.read(store.put(sent))
    assert not any(secret in kept for secret in SECRETS)
    assert pixels(kept) == pixels(sent)
    with Image.open(io.BytesIO(kept)) as image:
        assert not dict(image.getexif()), "no tag is left"
        assert image.info.get("icc_profile") == more.get("icc_profile")


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_the_photo_still_stands_upright(store: FileStore, kind: str, orientation: int) -> None:
    sent = photo(kind, orientation)
    kept = store.read(store.put(sent))
    with Image.open(io.BytesIO(kept)) as after, Image.open(io.BytesIO(sent)) as before:
        assert dict(after.getexif()) == {ORIENTATION: orientation}
        assert ImageOps.exif_transpose(after).tobytes() == ImageOps.exif_transpose(before).tobytes()


def test_a_film_appended_behind_the_picture_is_left_out(store: FileStore) -> None:
    film = b"\x00\x00\x00\x18ftypmp42 location 31.2304"
    kept = store.read(store.put(photo("JPEG") + film))
    assert b"ftyp" not in kept and kept.endswith(b"\xff\xd9")


def test_a_clean_photo_comes_back_as_it_was(store: FileStore) -> None:
    once = store.read(store.put(photo("JPEG")))
    assert store.read(store.put(once)) == once


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_cut_anywhere_is_refused_or_still_free_of_tags(kind: str) -> None:
    sent = photo(kind)
    media_type = f"image/{kind.lower()}"
    for length in range(12, len(sent) - 1, 7):
        with pytest.raises(BrokenImage):
            without_tags(media_type, sent[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_with_any_byte_changed_raises_nothing_but_broken_image(kind: str) -> None:
    sent = photo(kind)
    for at in range(0, len(sent), 3):
        changed = sent[:at] + bytes([sent[at] ^ 0xFF]) + sent[at + 1 :]
        try:
            without_tags(f"image/{kind.lower()}", changed)
        except BrokenImage:
            continue


def png_of(chunks: int) -> bytes:
    body = b"\0\0\0\0tEXt" + struct.pack(">I", zlib.crc32(b"tEXt"))
    end = b"\0\0\0\0IEND" + struct.pack(">I", zlib.crc32(b"IEND"))
    return b"\x89PNG\r\n\x1a\n" + body * (chunks - 1) + end


def test_a_photo_of_too_many_parts_is_refused_at_the_limit() -> None:
    assert without_tags("image/png", png_of(MAX_PARTS))
    with pytest.raises(BrokenImage):
        without_tags("image/png", png_of(MAX_PARTS + 1))


def test_other_documents_are_not_touched() -> None:
    assert without_tags("application/pdf", b"%PDF- Exif") == b"%PDF- Exif"
