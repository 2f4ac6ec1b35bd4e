"""Stand-ins for the papers of a scenario: a plan that a step names becomes a page, so that it can be uploaded."""

from __future__ import annotations

import io

A4_PT = (595, 842)
TOP_PT, LEFT_PT, LINE_PT, SIZE_PT = 770, 60, 24, 16
INVENTED = "演示文件，内容虚构。 Made for the demo; nothing in it is real."


def one_page(title: str) -> bytes:
    """A PDF of one page, byte for byte the same whenever it is made: its hash can be named before it is there."""
    # Only a scenario that has papers pays for the typesetter and its fonts.
    from reportlab.pdfgen.canvas import Canvas

    from pdf_templates import typefaces

    typefaces.load()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4_PT, invariant=1)
    canvas.setTitle(title)
    canvas.setFont(typefaces.BOLD, SIZE_PT)
    canvas.drawString(LEFT_PT, TOP_PT, typefaces.clean(title))
    canvas.setFont(typefaces.REGULAR, SIZE_PT * 2 // 3)
    canvas.drawString(LEFT_PT, TOP_PT - LINE_PT, typefaces.clean(INVENTED))
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()
