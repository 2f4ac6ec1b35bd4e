"""The document store: content addressing, limits, types, durability, the sweep and the shelves."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.documents import (
    MAX_DOCUMENT_BYTES,
    BadName,
    Corrupt,
    DocumentError,
    EmptyDocument,
    FileStore,
    NoSuchDocument,
    TooLarge,
    UnknownStore,
    UnknownType,
    open_store,
    receive,
)

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return open_store(f"file://{tmp_path}/documents")


def files(store: FileStore) -> list[str]:
    return sorted(str(p.relative_to(store.root)) for p in store.root.rglob("*") if p.is_file() and p.name != "lock")


def age(store: FileStore, sha256: str, hours: float) -> None:
    then = time.time() - hours * 3600
    os.utime(store.path(sha256), (then, then))


@pytest.mark.parametrize(
    "stream", [PDF, io.BytesIO(PDF), [PDF[:7], PDF[7:]], iter([PDF])], ids=["bytes", "file", "list", "iterator"]
)
def test_what_was_put_is_read_back_under_its_sha256(store: FileStore, stream: object) -> None:
    name = store.put(stream)
    assert name == hashlib.sha256(PDF).hexdigest()
    assert store.exists(name) and store.read(name) == PDF
    assert files(store) == [f"objects/{name[:2]}/{name}"]


def test_the_same_bytes_twice_are_one_document(store: FileStore) -> None:
    assert store.put(PDF) == store.put(PDF)
    assert len(files(store)) == 1


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PDF, "application/pdf"),
        ("吊装方案 lifting plan\r\n\tline".encode(), "text/plain"),
        (b"\xef\xbb\xbfwith a byte order mark", "text/plain"),
    ],
)
def test_the_type_is_told_from_the_content(store: FileStore, content: bytes, media_type: str) -> None:
    document = store.store(content)
    assert (document.media_type, document.size) == (media_type, len(content))
    assert store.describe(document.sha256) == document


@pytest.mark.parametrize(
    "content",
    [
        b"MZ\x90\x00\x03\x00\x00\x00",
        b"PK\x03\x04\x14\x00\x06\x00",
        b"GIF89a\x01\x00\x01\x00",
        b"text with \x00 in it",
        b"text with \x1b[31m in it",
        b"\xff\xfeu\x00t\x00f\x001\x006\x00",
        "cut in a character 方".encode()[:-1],
        b" %PDF-1.7 that begins with something else\x01",
    ],
)
def test_other_types_are_refused_and_leave_nothing(store: FileStore, content: bytes) -> None:
    with pytest.raises(UnknownType) as refused:
        store.put(content)
    assert "application/pdf" in refused.value.accepted
    assert files(store) == []


@pytest.mark.parametrize("extra", [0, 1])
def test_the_limit_is_20_mib_to_the_byte(store: FileStore, extra: int) -> None:
    chunk = b"a" * 65536
    chunks = [chunk] * (MAX_DOCUMENT_BYTES // len(chunk)) + [b"b"] * extra
    if not extra:
        assert store.describe(store.put(chunks)).size == 20 * 1024 * 1024
        return
    with pytest.raises(TooLarge) as refused:
        store.put(chunks)
    assert refused.value.limit == MAX_DOCUMENT_BYTES
    assert files(store) == []


def test_a_stream_that_is_too_long_is_not_read_to_its_end(store: FileStore) -> None:
    def endless():
        while True:
            yield b"a" * 65536

    with pytest.raises(TooLarge):
        store.put(endless(), limit=1_000_000)
    assert files(store) == []


def test_an_empty_document_is_refused(store: FileStore) -> None:
    with pytest.raises(EmptyDocument):
        store.put(b"")
    assert files(store) == []


def test_a_sender_that_goes_away_leaves_nothing(store: FileStore) -> None:
    def broken():
        yield PDF
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(broken())
    assert files(store) == []


async def test_an_upload_is_stored_as_it_comes_in(store: FileStore) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for at in range(0, len(PDF), 5):
            yield PDF[at : at + 5]

    document = await receive(store, chunks())
    assert store.read(document.sha256) == PDF
    with pytest.raises(TooLarge):
        await receive(store, chunks(), limit=10)
    assert len(files(store)) == 1


@pytest.mark.parametrize("name", ["", "..", "a" * 63, "A" * 64, "../" + "a" * 61, "g" * 64])
def test_a_name_that_is_no_sha256_is_refused_by_every_method(store: FileStore, name: str) -> None:
    for method in (store.exists, store.hold, store.open, store.read, store.describe, store.path):
        with pytest.raises(BadName):
            method(name)


def test_what_is_not_there_is_said_so(store: FileStore) -> None:
    assert not store.exists("0" * 64) and not store.hold("0" * 64)
    for method in (store.open, store.read, store.describe, store.path):
        with pytest.raises(NoSuchDocument):
            method("0" * 64)


def test_a_changed_file_is_not_handed_out_as_the_document(store: FileStore) -> None:
    name = store.put(PDF)
    store.path(name).write_bytes(PDF + b"and more")
    with pytest.raises(Corrupt):
        store.read(name)


@pytest.mark.parametrize(
    ("given", "then_it_stays"),
    [
        ({"hours": 23.9, "named": False}, True),
        ({"hours": 24.1, "named": False}, False),
        ({"hours": 2400, "named": True}, True),
    ],
)
def test_the_sweep_takes_what_no_record_names_after_24_hours(store: FileStore, given: dict, then_it_stays: bool):
    name = store.put(PDF)
    age(store, name, given["hours"])
    swept = store.sweep({name} if given["named"] else set())
    assert store.exists(name) is then_it_stays
    assert swept.removed == (() if then_it_stays else (name,))
    assert swept.freed_bytes == (0 if then_it_stays else len(PDF))


@pytest.mark.parametrize("again", ["put", "hold"])
def test_a_document_put_or_held_again_is_young_again(store: FileStore, again: str) -> None:
    name = store.put(PDF)
    age(store, name, 48)
    assert store.put(PDF) == name if again == "put" else store.hold(name)
    assert store.sweep(set()).young == 1
    assert store.exists(name)


def test_the_sweep_takes_what_was_left_half_written(store: FileStore) -> None:
    upload = store.begin()
    upload.write(PDF)
    then = time.time() - 25 * 3600
    (half,) = (store.root / "tmp").iterdir()
    store.sweep(set())
    assert half.exists(), "it may still be being written"
    os.utime(half, (then, then))
    store.sweep(set())
    assert not half.exists()


def test_shelves_are_outside_the_sweep(store: FileStore) -> None:
    shelf = store.shelf("snapshots")
    shelf.write("site-a.000005000", b"\x00anything")
    shelf.write("site-a.000005000", b"replaced whole")
    store.sweep(set(), older_than=timedelta(0), now=time.time() + 10**9)
    assert shelf.names() == ["site-a.000005000"]
    assert shelf.read("site-a.000005000") == b"replaced whole"
    shelf.remove("site-a.000005000")
    shelf.remove("site-a.000005000")
    with pytest.raises(NoSuchDocument):
        shelf.read("site-a.000005000")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../up", "a\x00b", ".hidden", "x" * 201])
def test_a_shelf_takes_no_path_for_a_name(store: FileStore, name: str) -> None:
    with pytest.raises(BadName):
        store.shelf(name)
    with pytest.raises(BadName):
        store.shelf("snapshots").write(name, b"x")


@pytest.mark.parametrize("url", ["/no/scheme", "s3://bucket/x", "file://host/x", "file:relative", ""])
def test_a_url_we_do_not_serve_is_refused(url: str) -> None:
    with pytest.raises(UnknownStore):
        open_store(url)


def test_every_document_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in DocumentError.__subclasses__()]
    assert len(codes) == len(set(codes)) and "document_error" not in codes


@pytest.mark.parametrize("dies_before", ["os.fsync", "os.replace", "after os.replace"])
def test_a_process_that_dies_while_storing_leaves_a_whole_document_or_none(tmp_path: Path, dies_before: str) -> None:
    script = textwrap.dedent(
        """
        import os, sys
        from services.documents import open_store
        store, before = open_store(sys.argv[1]), sys.argv[2]
        name = before.removeprefix("after os.").removeprefix("os.")
        real = getattr(os, name)
        def die(*args):
            if before.startswith("after"):
                real(*args)
            os._exit(9)
        setattr(os, name, die)
        store.put(b"%PDF-1.7 " + b"x" * 100_000)
        """
    )
    url = f"file://{tmp_path}/documents"
    open_store(url)  # its folders stand
    died = subprocess.run([sys.executable, "-c", script, url, dies_before], check=False, cwd=Path.cwd())
    assert died.returncode == 9
    store = open_store(url)
    whole = b"%PDF-1.7 " + b"x" * 100_000
    name = hashlib.sha256(whole).hexdigest()
    stored = [file for file in files(store) if file.startswith("objects/")]
    assert stored == ([f"objects/{name[:2]}/{name}"] if dies_before == "after os.replace" else [])
    assert store.read(store.put(whole)) == whole
