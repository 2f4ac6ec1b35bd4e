"""The sealing process: draws and seals one document after another, so that no event loop ever waits for it.

Spoken to by `process.py` through standard input and output: 4 bytes of length (big-endian), then JSON. It ends when
its parent goes, because its input ends then. It holds no state but the seal, so it may be killed at any time.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from pdf_templates.closure import render_closure
from pdf_templates.permit import render_permit
from pdf_templates.typefaces import MissingCharacter, load
from services.sealer.keys import BadKeys, SealFiles
from services.sealer.seal import load_signer, seal

LENGTH = struct.Struct(">I")
FRAME_LIMIT = 256 * 1024 * 1024  # bytes; a length beyond it is not ours
RENDERERS: Mapping[str, Callable[[Mapping[str, Any]], bytes]] = {
    "permit": render_permit,
    "status": render_permit,
    "closure": render_closure,
}
#: What the caller can do something about, by the name it gets: everything else is "broken".
SAID = {MissingCharacter: "missing_character", BadKeys: "bad_keys"}


def make(job: Mapping[str, Any]) -> bytes:
    """One sealed document. `job`: document, bundle (base64), files (key, certificate, root)."""
    document = job["document"]
    pdf = RENDERERS[document["kind"]](document)
    number = document.get("permit_no") or document["job_no"]
    signer = load_signer(SealFiles(**job["files"]))
    reason = f"{number} {document['kind']}, record {document['foot']['record']}"
    return seal(pdf, base64.b64decode(job["bundle"]), signer, reason)


def answer(job: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"pdf": base64.b64encode(make(job)).decode("ascii")}
    except Exception as error:
        code = next((name for kind, name in SAID.items() if isinstance(error, kind)), "broken")
        return {"error": code, "text": f"{type(error).__name__}: {error}"}


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next job; None when the parent is gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    if size > FRAME_LIMIT:
        return None
    body = stream.read(size)
    return json.loads(body) if len(body) == size else None


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    source, sink = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand between two frames
    load()
    while (job := read_frame(source)) is not None:
        body = json.dumps(answer(job)).encode()
        try:
            sink.write(LENGTH.pack(len(body)) + body)
            sink.flush()
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
