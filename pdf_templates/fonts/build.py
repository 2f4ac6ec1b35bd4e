"""How the two fonts in this folder were made from Noto Sans SC; run once by hand, not by the product.

    python build.py 'NotoSansSC[wght].ttf'      (needs fontTools 4.68; about a minute)

The source is the variable font "Noto Sans SC" 2.004 (SIL Open Font License 1.1, see OFL.txt), as packed in the wheel
justmytype-intl-cjk 0.1.0. It is instanced, subset, renamed (the licence keeps the name "Source"; we use neither that
nor "Noto"), gets the subscript digits it lacks (for O₂, H₂S), drawn as scaled digits, and a narrow middle dot.

regular: Latin, Greek, signs, CJK punctuation, 通用规范汉字表 (tgh8105.txt), and every ideograph the source has in
         U+4E00-9FFF and beyond U+FFFF (rare characters of names). Extension A beyond the table stays out, for size.
bold:    the same signs and the table, for headings and labels.
tgh8105.txt is Unicode's property kTGH (Unihan 15.0.0) in the order of the official table.
"""

import sys
from pathlib import Path

from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).parent
FAMILY = "Sevengates Sans SC"
SIGNS = (
    *range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x391, 0x3CA), *range(0x2010, 0x2028), *range(0x2030, 0x203C),
    *range(0x2070, 0x208F), *range(0x20A0, 0x20C0), *range(0x2100, 0x2140), *range(0x2160, 0x217C),
    *range(0x2190, 0x219A), *range(0x2200, 0x2270), *range(0x2460, 0x24F5), *range(0x2500, 0x2604), 0x2611, 0x2612,
    0x26A0, 0x2713, 0x2717, *range(0x3000, 0x3020),
    *range(0xFF00, 0xFFEF), *range(0xFE10, 0xFE50),
)  # fmt: skip
SUBSCRIPT = 0.60  # of the size of a digit
DOT_ADVANCE = 300  # font units
DROP = 150  # font units below the baseline


def add_subscripts(font: TTFont) -> None:
    """Add U+2080-2089 where missing: the font's own digits, scaled and lowered."""
    cmap, glyphs, widths = font.getBestCmap(), font.getGlyphSet(), font["hmtx"]
    for digit in range(10):
        if 0x2080 + digit in cmap:
            continue
        name, source = f"uni{0x2080 + digit:04X}", cmap[0x30 + digit]
        pen = TTGlyphPen(None)
        glyphs[source].draw(TransformPen(pen, (SUBSCRIPT, 0, 0, SUBSCRIPT, 0, -DROP)))
        font["glyf"][name] = pen.glyph()
        advance, left = widths[source]
        widths[name] = (round(advance * SUBSCRIPT), round(left * SUBSCRIPT))
        for table in font["cmap"].tables:
            if table.isUnicode():
                table.cmap[0x2080 + digit] = name
    font.setGlyphOrder(list(font["glyf"].glyphOrder))


def narrow_dot(font: TTFont) -> None:
    """The middle dot of a Chinese face is as wide as an ideograph; between values it is a narrow sign."""
    name = font.getBestCmap()[0xB7]
    advance, _ = font["hmtx"][name]
    pen = TTGlyphPen(None)
    font.getGlyphSet()[name].draw(TransformPen(pen, (1, 0, 0, 1, -(advance - DOT_ADVANCE) / 2, 0)))
    glyph = pen.glyph()
    font["glyf"][name] = glyph
    glyph.recalcBounds(font["glyf"])
    font["hmtx"][name] = (DOT_ADVANCE, glyph.xMin)


def rename(font: TTFont, style: str) -> None:
    postscript = FAMILY.replace(" ", "") + "-" + style
    wanted = {1: FAMILY, 2: style, 3: f"1.0;{postscript}", 4: f"{FAMILY} {style}", 5: "Version 1.0", 6: postscript}
    kept = {0, 13, 14}  # copyright and licence stay as they are
    font["name"].names = [name for name in font["name"].names if name.nameID in kept]
    for name_id, text in wanted.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)
        font["name"].setName(text, name_id, 1, 0, 0)


def build(source: str, style: str, weight: int, characters: set[int]) -> None:
    font = instantiateVariableFont(TTFont(source), {"wght": weight})
    for table in ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "vhea", "vmtx", "gasp", "prep"):
        if table in font:
            del font[table]
    options = Options()
    options.name_IDs, options.notdef_outline, options.hinting, options.glyph_names = ["*"], True, False, False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    add_subscripts(font)
    narrow_dot(font)
    rename(font, style)
    font["OS/2"].usWeightClass = weight
    target = HERE / f"SevengatesSansSC-{style}.ttf"
    font.save(target)
    print(target.name, target.stat().st_size, "bytes", len(font.getBestCmap()), "characters")


def main() -> None:
    source = sys.argv[1]
    has = set(TTFont(source).getBestCmap())
    table = {ord(c) for c in (HERE / "tgh8105.txt").read_text("utf-8") if not c.isspace()}
    ideographs = {c for c in has if 0x4E00 <= c < 0xA000 or c >= 0x20000}
    build(source, "Regular", 400, (set(SIGNS) | ideographs | table) & has)
    build(source, "Bold", 700, (set(SIGNS) | table) & has)


if __name__ == "__main__":
    main()
