"""Content-addressed files, chosen by URL: `file:///absolute/path` (other schemes later, behind the same methods).

    <root>/objects/ab/abcd…   a document under its SHA-256
    <root>/shelves/<name>/…   named files outside the sweep (snapshots of the decider)
    <root>/tmp/…              what is being written

What is returned is durable: written under a temporary name, fsynced, renamed, and the folder fsynced. So a command may
name the SHA-256 as soon as `put` is back. All methods block on
the disk: call them from a thread, not from an event loop.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterable, Container, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from services.documents.errors import BadName, Corrupt, EmptyDocument, NoSuchDocument, TooLarge, UnknownStore
from services.documents.kinds import HEAD_BYTES, JPEG, PNG, TEXT, WEBP, Document, by_signature, media_type_of
from services.documents.photos import without_tags

#: One document, as sent: 20 MiB.
MAX_DOCUMENT_BYTES = 20 * 1024 * 1024
#: How long a document that no record names is kept.
KEEP_UNNAMED = timedelta(hours=24)
CHUNK_BYTES = 64 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SHELF_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")
_PHOTOS = frozenset({JPEG, PNG, WEBP})

Stream = bytes | BinaryIO | Iterable[bytes]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: how many documents went, how many bytes that freed, how many unnamed ones are still young."""

    removed: tuple[str, ...]
    freed_bytes: int
    young: int


def open_store(url: str) -> FileStore:
    """The store of a URL, its folders made if they are missing. Raises UnknownStore, OSError."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not path.is_absolute():
        raise UnknownStore(url)
    return FileStore(path)


async def receive(store: FileStore, chunks: AsyncIterable[bytes], limit: int = MAX_DOCUMENT_BYTES) -> Document:
    """Stores an upload as it comes in; the disk is waited for in a thread. Raises as Upload does."""
    import asyncio

    upload = await asyncio.to_thread(store.begin, limit)
    try:
        async for chunk in chunks:
            await asyncio.to_thread(upload.write, chunk)
        return await asyncio.to_thread(upload.finish)
    finally:
        await asyncio.to_thread(upload.abort)


class Upload:
    """A document being written. `finish` stores it; `abort` (also after `finish`) leaves nothing behind."""

    def __init__(self, store: FileStore, path: Path, limit: int) -> None:
        self._store, self._path, self._limit = store, path, limit
        self._file: BinaryIO | None = path.open("xb")
        self._size = 0

    def write(self, chunk: bytes) -> None:
        """Raises TooLarge as soon as the limit is passed; nothing more is written then."""
        assert self._file is not None, "the upload is over"
        self._size += len(chunk)
        if self._size > self._limit:
            raise TooLarge(self._limit)
        self._file.write(chunk)

    def finish(self) -> Document:
        """Tells the type, takes tags out of photos, stores. Raises EmptyDocument, UnknownType, BrokenImage."""
        assert self._file is not None, "the upload is over"
        if self._size == 0:
            raise EmptyDocument
        self._file.flush()
        media_type = self._media_type()
        if media_type in _PHOTOS:
            clean = without_tags(media_type, self._path.read_bytes())
            self._file.seek(0)
            self._file.truncate()
            self._file.write(clean)
            self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None
        sha256, size = _digest(self._path)
        self._store._keep(self._path, sha256)
        return Document(sha256, size, media_type)

    def abort(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        self._path.unlink(missing_ok=True)

    def _media_type(self) -> str:
        with self._path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            file.seek(0)
            return media_type_of(head, iter(lambda: file.read(CHUNK_BYTES), b""))


class FileStore:
    """Documents under one folder. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects, self._shelves, self._tmp = root / "objects", root / "shelves", root / "tmp"
        for folder in (root, self._objects, self._shelves, self._tmp):
            _make_folder(folder)
        self._lock = root / "lock"
        self._lock.touch(mode=0o600)

    def begin(self, limit: int = MAX_DOCUMENT_BYTES) -> Upload:
        """Starts a document; `limit` in bytes."""
        return Upload(self, self._tmp / secrets.token_hex(16), limit)

    def put(self, stream: Stream, limit: int = MAX_DOCUMENT_BYTES) -> str:
        """Stores bytes, a binary file or chunks, and returns the SHA-256 of what is stored (see `without_tags`)."""
        return self.store(stream, limit).sha256

    def store(self, stream: Stream, limit: int = MAX_DOCUMENT_BYTES) -> Document:
        """As `put`, with size and type. Raises as Upload does."""
        upload = self.begin(limit)
        try:
            for chunk in _chunks(stream):
                upload.write(chunk)
            return upload.finish()
        finally:
            upload.abort()

    def exists(self, sha256: str) -> bool:
        return self._path(sha256).is_file()

    def hold(self, sha256: str) -> bool:
        """Whether it exists; if so its age starts again, so that no sweep takes it before the record names it."""
        with self._locked(fcntl.LOCK_SH):
            try:
                os.utime(self._path(sha256))
            except FileNotFoundError:
                return False
            return True

    def open(self, sha256: str) -> BinaryIO:
        """For streaming. Raises NoSuchDocument."""
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            raise NoSuchDocument(sha256) from None

    def read(self, sha256: str) -> bytes:
        """The whole document, checked. Raises NoSuchDocument, Corrupt."""
        with self.open(sha256) as file:
            data = file.read()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Corrupt(sha256)
        return data

    def describe(self, sha256: str) -> Document:
        """Size and type of a stored document. Raises NoSuchDocument."""
        with self.open(sha256) as file:
            media_type = by_signature(file.read(HEAD_BYTES)) or TEXT
            return Document(sha256, os.fstat(file.fileno()).st_size, media_type)

    def path(self, sha256: str) -> Path:
        """Where the file is, for serving it without copying. Raises NoSuchDocument."""
        path = self._path(sha256)
        if not path.is_file():
            raise NoSuchDocument(sha256)
        return path

    def sweep(self, named: Container[str], older_than: timedelta = KEEP_UNNAMED, now: float | None = None) -> Swept:
        """Removes documents that are not `named` and have lain for `older_than`; shelves are never swept.

        named: every SHA-256 that a record or the people vault names. Read it after the register has caught up.
        now:   seconds since the epoch; the system's clock if absent
        """
        before = (time.time() if now is None else now) - older_than.total_seconds()
        removed, freed, young = [], 0, 0
        for path in self._objects.glob("??/*"):
            if path.name in named:
                continue
            size = self._remove_if_older(path, before)
            if size is None:
                young += 1
            else:
                removed.append(path.name)
                freed += size
        for path in self._tmp.iterdir():
            freed += self._remove_if_older(path, before) or 0
        return Swept(tuple(sorted(removed)), freed, young)

    def shelf(self, name: str) -> Shelf:
        """A shelf for files that have names and no SHA-256 of their own, such as `snapshots`. Raises BadName."""
        if not _SHELF_NAME.fullmatch(name):
            raise BadName(name)
        folder = self._shelves / name
        _make_folder(folder)
        return Shelf(folder, self._tmp)

    def _keep(self, written: Path, sha256: str) -> None:
        """Puts a written and fsynced file under its SHA-256, durably; the same bytes again only make it young."""
        target = self._path(sha256)
        _make_folder(target.parent)
        with self._locked(fcntl.LOCK_SH):
            os.replace(written, target)
            _fsync_folder(target.parent)

    def _remove_if_older(self, path: Path, before: float) -> int | None:
        """Looks and removes under one lock, so that a document put or held meanwhile stays."""
        with self._locked(fcntl.LOCK_EX), suppress(FileNotFoundError):
            stat = path.stat()
            if stat.st_mtime < before:
                path.unlink()
                return stat.st_size
        return None

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        with self._lock.open("rb") as file:
            fcntl.flock(file, kind)
            yield

    def _path(self, sha256: str) -> Path:
        if not _SHA256.fullmatch(sha256):
            raise BadName(sha256)
        return self._objects / sha256[:2] / sha256


class Shelf:
    """Named files, replaced whole and durably. Whoever reads one checks it himself: a name promises nothing."""

    def __init__(self, folder: Path, tmp: Path) -> None:
        self._folder, self._tmp = folder, tmp

    def write(self, name: str, data: bytes) -> None:
        path, written = self._path(name), self._tmp / secrets.token_hex(16)
        try:
            with written.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(written, path)
            _fsync_folder(self._folder)
        finally:
            written.unlink(missing_ok=True)

    def read(self, name: str) -> bytes:
        """Raises NoSuchDocument."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise NoSuchDocument(name) from None

    def names(self) -> list[str]:
        """In the order of their letters."""
        return sorted(path.name for path in self._folder.iterdir())

    def remove(self, name: str) -> None:
        """Nothing happens if there is none."""
        self._path(name).unlink(missing_ok=True)
        _fsync_folder(self._folder)

    def _path(self, name: str) -> Path:
        if not _SHELF_NAME.fullmatch(name):
            raise BadName(name)
        return self._folder / name


def _chunks(stream: Stream) -> Iterator[bytes]:
    if isinstance(stream, bytes):
        yield stream
    elif hasattr(stream, "read"):
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk
    else:
        yield from stream


def _digest(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size


def _make_folder(folder: Path) -> None:
    """Makes a folder whose existence survives a power cut."""
    try:
        folder.mkdir(mode=0o700)
    except FileNotFoundError:
        _make_folder(folder.parent)
        _make_folder(folder)
    except FileExistsError:
        return
    else:
        _fsync_folder(folder.parent)


def _fsync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
