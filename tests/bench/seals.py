"""Seal time: a whole permit through our own sealing, against a bare page of reportlab sealed by bare pyHanko.

Processor time, so that a busy machine does not blur it. The bare page uses the same embedded font (a permit with names
needs one) and about as many table cells.
"""

from __future__ import annotations

import base64
import io
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, sign_pdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Table

from pdf_templates.typefaces import REGULAR, load
from services.sealer.child import make
from services.sealer.keys import seal_files
from services.sealer.seal import load_signer
from tests.pdf import samples

ROUNDS = 15
BUNDLE = b'{"records":[]}' * 2_000  # 28 kB, about what a job of 80 records attaches compressed in nothing
BARE_ROWS, BARE_COLUMNS = 30, 4


def measure() -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        files = seal_files(Path(folder))
        signer = load_signer(files)
        load()
        bundle = base64.b64encode(BUNDLE).decode()
        job = {"document": samples.permit(), "bundle": bundle, "files": asdict(files)}
        ours = _median(lambda: make(job))
        bare = _median(lambda: _bare(signer))
    return {"ours_ms": round(ours * 1000), "bare_ms": round(bare * 1000), "ratio": round(ours / bare, 2)}


def _median(work: Callable[[], object]) -> float:
    work()  # fonts and catalogues are loaded once
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return sorted(times)[ROUNDS // 2]


def _bare(signer: Any) -> bytes:
    page = io.BytesIO()
    canvas = Canvas(page, pagesize=A4, initialFontName=REGULAR)
    words = [[f"第 {row} 行 column {column}" for column in range(BARE_COLUMNS)] for row in range(BARE_ROWS)]
    table = Table(words, style=[("FONTNAME", (0, 0), (-1, -1), REGULAR)])
    table.wrapOn(canvas, *A4)
    table.drawOn(canvas, 50, 100)
    canvas.save()
    out = io.BytesIO()
    meta = PdfSignatureMetadata(field_name="Seal", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
    sign_pdf(IncrementalPdfFileWriter(page), meta, signer, output=out)
    return out.getvalue()
