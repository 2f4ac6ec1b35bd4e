"""Uploads, streamed into the document store, and downloads, authorised through the job that names the document."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from schemas import limits
from schemas.fields import SHA256_PATTERN
from services.documents import Document, FileStore, receive
from services.gateway import context, problems

UPLOAD_SECONDS_MAX = 300
CHUNK_BYTES = 64 * 1024
SHA256 = SHA256_PATTERN.strip("^$")
#: What a download may be shown as in the browser; anything else is only saved.
SHOWN_INLINE = frozenset({"application/pdf", "image/png", "image/jpeg", "image/webp"})
NAME_ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "text/plain": "txt",
}


async def upload(request: web.Request) -> web.Response:
    """The body is the document itself. Its type is told from its content; location tags are taken out of photos."""
    gateway, session = context.gateway(request), context.signed_in(request)
    wait_s = gateway.uploads.wait_s(session.works_no)
    if wait_s:
        raise problems.TooMany(gateway.uploads.name, wait_s)
    gateway.uploads.mark(session.works_no)
    if (request.content_length or 0) > limits.DOCUMENT_BYTES_MAX:
        raise problems.TooLarge("document_bytes", limits.DOCUMENT_BYTES_MAX)
    try:
        async with asyncio.timeout(UPLOAD_SECONDS_MAX):
            stored = await receive(gateway.documents, _chunks(request), limits.DOCUMENT_BYTES_MAX)
    except TimeoutError:
        raise problems.SlowBody() from None
    told = {"sha256": stored.sha256, "size": stored.size, "media_type": stored.media_type}
    return web.json_response(told, status=201, headers={"Location": f"/api/documents/{stored.sha256}"})


async def download(request: web.Request) -> web.StreamResponse:
    """Whoever may see the job may see its documents, and all of a site its plot plan. What no record names yet is
    nobody's to see."""
    gateway, session = context.gateway(request), context.signed_in(request)
    sha256 = request.match_info["sha256"]
    if not re.fullmatch(SHA256, sha256) or not await gateway.reading.names_document(sha256, session.sites):
        raise problems.NotFound("document")
    return await send_document(request, sha256, sha256[:12])


async def send_document(request: web.Request, sha256: str, name: str) -> web.StreamResponse:
    """The stored bytes, as a file named `name`. Raises NoSuchDocument."""
    documents = context.gateway(request).documents
    document, path = await asyncio.to_thread(_described, documents, sha256)
    response = web.FileResponse(path, chunk_size=CHUNK_BYTES)
    response.content_type = document.media_type
    shown = "inline" if document.media_type in SHOWN_INLINE else "attachment"
    ending = NAME_ENDINGS.get(document.media_type, "bin")
    response.headers["Content-Disposition"] = f'{shown}; filename="{name}.{ending}"'
    response.headers["Cache-Control"] = "private, no-cache"
    response.etag = sha256
    return response


def _described(documents: FileStore, sha256: str) -> tuple[Document, Path]:
    return documents.describe(sha256), documents.path(sha256)


async def _chunks(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(CHUNK_BYTES):
        yield chunk


ROUTES = (
    web.post("/api/documents", upload),
    web.get("/api/documents/{sha256}", download),
)
