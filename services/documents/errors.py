"""What can go wrong with a document. Each has a `code` for the wire; the gateway maps them to 404, 413, 415 and 422."""

from __future__ import annotations


class DocumentError(Exception):
    """Base of all; never raised itself."""

    code = "document_error"


class TooLarge(DocumentError):
    """The stream is longer than the limit (HTTP 413)."""

    code = "document_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"a document may have {limit} bytes at most")
        self.limit = limit


class EmptyDocument(DocumentError):
    """The stream has no bytes (HTTP 422)."""

    code = "document_empty"

    def __init__(self) -> None:
        super().__init__("the document is empty")


class UnknownType(DocumentError):
    """The content is none of the types we keep (HTTP 415)."""

    code = "document_type_unknown"

    def __init__(self, accepted: tuple[str, ...]) -> None:
        super().__init__("the content is none of: " + ", ".join(accepted))
        self.accepted = accepted


class BrokenImage(DocumentError):
    """A photo whose parts cannot be told apart, so its location tags cannot be removed (HTTP 422)."""

    code = "document_broken_image"


class NoSuchDocument(DocumentError):
    """Nothing is stored under this name (HTTP 404)."""

    code = "document_missing"

    def __init__(self, name: str) -> None:
        super().__init__(f"no document {name}")
        self.name = name


class Corrupt(DocumentError):
    """The stored bytes do not have the SHA-256 they are stored under: a damaged disk, or somebody changed the file."""

    code = "document_corrupt"

    def __init__(self, name: str) -> None:
        super().__init__(f"document {name} does not match its SHA-256")
        self.name = name


class BadName(DocumentError):
    """Not 64 lower-case hex digits, or a shelf name with other characters than letters, digits, `.`, `_`, `-`."""

    code = "document_bad_name"

    def __init__(self, name: str) -> None:
        super().__init__(f"not a document name: {name[:80]!r}")


class UnknownStore(DocumentError):
    """The store's URL has a scheme we do not serve."""

    code = "document_store_unknown"

    def __init__(self, url: str) -> None:
        super().__init__(f"document store {url!r}: only file:///absolute/path is served")
