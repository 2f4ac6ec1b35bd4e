"""Our scripts, styles and pictures: named by the hash of their content, so they are kept for ever; compressed once.

A script imports its modules as `./name.js`; served, the name carries that module's hash. So a page never mixes two
releases, and what the service worker keeps is what the page asks for.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

from aiohttp import web

STATIC = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"}
COMPRESSED = frozenset({".js", ".css", ".svg"})
IMPORT = re.compile(r'"\./([a-z_]+\.js)"')
#: Not part of what a device takes with its first load: asked for by whoever needs it.
ON_DEMAND = frozenset({"qr_reader.js"})
#: Characters of the hash in an address: enough to tell two releases apart.
VERSION_CHARS = 10
FOR_EVER = "public, max-age=31536000, immutable"


def names() -> list[str]:
    """Every file there is."""
    return sorted(one.name for one in STATIC.iterdir() if one.suffix in TYPES)


@cache
def content(name: str) -> bytes:
    """The file as it is served. Raises KeyError for one that there is not."""
    file = STATIC / name
    if name not in names():
        raise KeyError(name)
    found = file.read_bytes()
    if file.suffix != ".js":
        return found
    return IMPORT.sub(lambda module: f'"{static_url(module[1])}"', found.decode()).encode()


@cache
def static_url(name: str) -> str:
    return f"/static/{name}?v={hashlib.sha256(content(name)).hexdigest()[:VERSION_CHARS]}"


@cache
def needed_by(name: str) -> tuple[str, ...]:
    """The modules that a script imports, and those that these import: each once, none that is loaded on demand."""
    found: dict[str, None] = {}
    for module in IMPORT.findall((STATIC / name).read_text("utf-8")):
        if module not in ON_DEMAND:
            found |= dict.fromkeys((module, *needed_by(module)))
    return tuple(found)


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(content(name), mtime=0)


async def file(request: web.Request) -> web.Response:
    """GET /static/{name}. Asked by another hash than its own it is not kept."""
    name = request.match_info["name"]
    try:
        found = content(name)
    except KeyError:
        raise web.HTTPNotFound from None
    suffix = Path(name).suffix
    kept = FOR_EVER if request.path_qs == static_url(name) else "no-cache"
    headers = {"Cache-Control": kept, "Content-Type": TYPES[suffix], "Vary": "Accept-Encoding"}
    if suffix in COMPRESSED and "gzip" in request.headers.get("Accept-Encoding", ""):
        return web.Response(body=_compressed(name), headers={**headers, "Content-Encoding": "gzip"})
    return web.Response(body=found, headers=headers)


ROUTES = (web.get("/static/{name}", file),)
