"""What the PDFs can show: every character of the table of names, every word in both languages, nothing unembedded."""

from __future__ import annotations

import io
import re
import subprocess
from pathlib import Path

import pypdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from pdf_templates import typefaces
from pdf_templates.permit import render_permit
from pdf_templates.typefaces import MissingCharacter
from pdf_templates.typeset import Run, Text, lines
from pdf_templates.words import LANGUAGES, MissingText, Words, catalogue
from tests.pdf import samples
from tests.pdf.tools import needs, text_of

PACKAGE = Path(typefaces.__file__).parent
TABLE = "".join((PACKAGE / "fonts" / "tgh8105.txt").read_text("utf-8").split())


def test_the_table_of_general_standard_characters_is_whole() -> None:
    assert len(TABLE) == len(set(TABLE)) == 8105
    assert TABLE.startswith("一乙二十丁厂七") and sum(ord(c) > 0xFFFF for c in TABLE) == 196


@pytest.mark.parametrize("font", [typefaces.REGULAR, typefaces.BOLD])
def test_both_fonts_have_every_character_of_the_table(font: str) -> None:
    assert [c for c in TABLE if ord(c) not in typefaces.characters(font)] == []


def test_the_regular_font_has_every_ideograph_of_gbk() -> None:
    pairs = (bytes((a, b)).decode("gbk", "replace") for a in range(0x81, 0xFF) for b in range(0x40, 0xFF))
    ideographs = {c for c in pairs if len(c) == 1 and "\u4e00" <= c <= "\u9fff"}
    assert len(ideographs) > 20_000
    assert {c for c in ideographs if ord(c) not in typefaces.characters()} == set()


def test_the_fonts_carry_their_own_name_and_their_licence() -> None:
    from fontTools.ttLib import TTFont

    for file in typefaces.FILES.values():
        names = TTFont(PACKAGE / "fonts" / file)["name"]
        assert names.getDebugName(1) == "Sevengates Sans SC"
        assert "Source" in names.getDebugName(0)  # the copyright stays
        assert "Open Font License" in names.getDebugName(13)
        assert (PACKAGE / "fonts" / file).stat().st_size < 8_000_000
    assert "SIL OPEN FONT LICENSE" in (PACKAGE / "fonts" / "OFL.txt").read_text("utf-8").upper()


@pytest.mark.parametrize(
    ("text", "name"), [("王\U0001f600", "GRINNING FACE"), ("한국", "HANGUL SYLLABLE HAN"), ("\x07", "U\\+0007")]
)
def test_a_character_the_font_lacks_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(MissingCharacter, match=name) as refused:
        render_permit(samples.permit(place=text), ["en"])
    assert refused.value.character in text
    assert typefaces.missing(text).startswith(refused.value.character)


@pytest.mark.parametrize("text", ["李\u200b明", "\ufeff李明", "李\ufe0f明", "e\u0301", "a\tb"])
def test_invisible_marks_are_dropped_and_not_refused(text: str) -> None:
    assert typefaces.missing(text) == ""
    lines([Run(text)], 100)


@pytest.mark.parametrize("text", ["张堃 喆 镕 玥 翀 赟 䶮 𫍲 𬭎 𫖮", "O₂ H₂S ≤ ≥ · ° ² ³ → ± – — “ ” ① ⑬"])
def test_rare_names_and_signs_can_be_copied_out_of_the_pdf(text: str) -> None:
    pdf = render_permit(samples.permit(applicant_unit=text), ["zh-CN"])
    found = re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))
    assert re.sub(r"\s", "", text) in found


@needs("pdftotext")
def test_poppler_reads_a_name_beyond_the_basic_plane(tmp_path: Path) -> None:
    path = tmp_path / "permit.pdf"
    path.write_bytes(render_permit(samples.permit()))
    assert "魏𬭎喆" in text_of(path)


@needs("pdffonts")
@pytest.mark.parametrize(
    "kind", ["hot_work", "confined_space", "blind_plate", "temporary_power", "height", "lifting", "general"]
)
def test_only_embedded_fonts_are_used(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "permit.pdf"
    path.write_bytes(render_permit(samples.permit(kind)))
    rows = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert rows and all("SevengatesSansSC" in row and " yes yes yes" in row for row in rows)


def test_both_catalogues_have_the_same_keys_and_the_same_places() -> None:
    one, other = (catalogue(lang) for lang in LANGUAGES)
    assert set(one) == set(other)
    holes = {key for key in one if set(re.findall(r"{(\w+)}", one[key])) != set(re.findall(r"{(\w+)}", other[key]))}
    assert holes == set()


def test_every_word_of_the_catalogues_can_be_drawn() -> None:
    assert {key for lang in LANGUAGES for key, text in catalogue(lang).items() if typefaces.missing(text)} == set()


def test_every_key_that_the_templates_name_is_in_the_catalogues() -> None:
    source = "".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    named = set(re.findall(r'"((?:row|page|mark|form|closure|word|sign)\.[a-z_0-9]*[a-z0-9])"', source))
    assert len(named) > 100
    assert {key for key in named if key not in catalogue("en")} == set()


def test_a_missing_key_is_an_error_that_says_where() -> None:
    with pytest.raises(MissingText, match=r"row\.nonsense is not in pdf_templates/text/en\.toml"):
        Words("en").t("row.nonsense")


def test_every_command_and_cause_and_gas_of_the_rules_has_a_word() -> None:
    from schemas import words
    from services.seven_steps.commands import COMMANDS

    site_only = {"register_site", "set_calendar", "set_foreman_roster", "set_policies", "advance_clock"}
    site_only |= {"propose_rules", "release_rules", "revoke_key"}
    acts = {t for t in COMMANDS if not t.startswith(("register_", "record_contra")) and t not in site_only}
    wanted = {f"act.{type_}" for type_ in acts}
    wanted |= {f"gas.{gas}" for gas in words.COMBUSTIBLE | words.TOXIC | words.OXYGEN}
    wanted |= {f"method.{method}" for method in words.ISOLATION_METHODS}
    wanted |= {f"means.{means}" for means in words.MEANS} | {f"form.{kind}" for kind in words.PERMIT_TYPES}
    assert {key for key in wanted if key not in catalogue("en")} == set()


# ---- line breaking -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "width", "then"),
    [
        ("one two three", 40, ["one two", "three"]),
        ("甲乙丙丁。戊", 40, ["甲乙丙", "丁。戊"]),
        ("甲乙（丙丁）", 30, ["甲乙", "（丙", "丁）"]),
        ("2026-11-20 08:00", 60, ["2026-11-20", "08:00"]),
        ("abcdefghijkl", 30, ["abcdef", "ghijkl"]),
        ("a\n\nb", 50, ["a", "", "b"]),
        ("", 50, [""]),
    ],
)
def test_lines_break_between_words_and_ideographs_and_never_before_closing_signs(
    given: str, width: float, then: list[str]
) -> None:
    typefaces.load()
    assert ["".join(piece.text for piece in line) for line in lines([Run(given)], width)] == then


def test_no_line_is_wider_than_its_place() -> None:
    typefaces.load()
    text = "排污线 DR-3102 法兰锈死，用充电角磨机切割 F-12 法兰螺栓（M16×80）并更换垫片；W" + "W" * 90
    for width in (30.0, 55.5, 120.0, 300.0):
        assert all(sum(p.width for p in line) <= width + 0.01 for line in lines([Run(text)], width))


def test_a_long_text_runs_on_to_the_next_page_and_loses_nothing() -> None:
    plan = "".join(f"第{n}步：停止作业，撤离。" for n in range(900))
    pdf = render_permit(samples.permit(emergency_plan=plan), ["zh-CN"])
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    assert re.findall(r"第\s*(\d+)\s*步", text) == [str(n) for n in range(900)]


def test_text_is_data_and_never_markup() -> None:
    pdf = render_permit(samples.permit(work_content="<b>bold</b> & <script>&amp;"), ["en"])
    assert "<b>bold</b> & <script>&amp;" in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_a_text_flowable_keeps_its_lines_when_it_is_split() -> None:
    typefaces.load()
    whole = Text("甲乙丙丁" * 50)
    _, height = whole.wrap(100, 1000)
    parts = whole.split(100, height / 2)
    assert len(parts) == 2
    sizes = [part.wrap(100, 1000)[1] for part in parts]
    assert sum(sizes) == pytest.approx(height)
    canvas = Canvas(io.BytesIO())
    for part in parts:
        part.drawOn(canvas, 0, 0)
