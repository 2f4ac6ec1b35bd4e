"""The document store: PDFs, photos and plans as content-addressed files, and shelves for snapshots."""

from services.documents.errors import (
    BadName,
    BrokenImage,
    Corrupt,
    DocumentError,
    EmptyDocument,
    NoSuchDocument,
    TooLarge,
    UnknownStore,
    UnknownType,
)
from services.documents.kinds import Document
from services.documents.store import MAX_DOCUMENT_BYTES, FileStore, Shelf, Swept, Upload, open_store, receive

__all__ = [
    "MAX_DOCUMENT_BYTES",
    "BadName",
    "BrokenImage",
    "Corrupt",
    "Document",
    "DocumentError",
    "EmptyDocument",
    "FileStore",
    "NoSuchDocument",
    "Shelf",
    "Swept",
    "TooLarge",
    "UnknownStore",
    "UnknownType",
    "Upload",
    "open_store",
    "receive",
]
