"""Templates hold no text of their own, no script, no style: everything a person reads comes from the catalogue."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import meta

import services.gateway.pages
from services.gateway import static_files
from services.gateway.pages import form_page, offline
from services.gateway.pages.formats import in_halves, unbroken
from services.gateway.pages.render import environment
from services.gateway.texts import catalogue
from tests.flow import walk

TEMPLATES = Path(services.gateway.pages.__file__).parent / "templates"
STATIC = TEMPLATES.parent.parent / "static"
FILES = sorted(TEMPLATES.glob("*.html"))
WORD = re.compile(r"[A-Za-z\u4e00-\u9fff]+")
LETTER = re.compile(r"[A-Za-z\u4e00-\u9fff]")
SAID_ATTRIBUTES = re.compile(r'\b(?:aria-label|title|placeholder|alt|value)="([^"]*)"')
EXPRESSION = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
#: Blocks that hold names of classes.
CLASS_BLOCK = re.compile(r"\{% block (?:main|body|top)_class %\}.*?\{% endblock %\}")
#: Letters that are drawn, not read as words: versions ("v3"), %LEL's V for volt, a space that does not break.
NOT_WORDS = {"v", "V", "nbsp"}
KEY = re.compile(r"""\bt\(\s*'([a-z_.]+)'\s*[,)]""")
#: What others wrote, as their notice names it, with the hash of the file it speaks of.
NOTICE = (STATIC / "THIRD_PARTY.txt").read_text("utf-8")
THIRD_PARTY = dict(
    zip(re.findall(r"^(\w+\.js)$", NOTICE, re.M), re.findall(r"sha256 ([0-9a-f]{64})", NOTICE), strict=True)
)
PLURAL = re.compile(r"""\btn\(\s*'([a-z_.]+)'""")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_text_stands_in_a_template(file: Path) -> None:
    bare = EXPRESSION.sub(" ", CLASS_BLOCK.sub(" ", file.read_text("utf-8")))
    attributes = [said for said in SAID_ATTRIBUTES.findall(bare) if LETTER.search(said) and said not in MACHINE_VALUES]
    texts = [text.strip() for text in re.sub(r"<[^>]*>", "\n", bare).splitlines()]
    said = [text for text in texts if set(WORD.findall(text)) - NOT_WORDS]
    assert said + attributes == []


#: `value="…"` of choices that the script reads.
MACHINE_VALUES = {"true", "false"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_script_style_or_handler_stands_in_a_template(file: Path) -> None:
    text = file.read_text("utf-8")
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", text) == []
    assert all("src=" in script for script in re.findall(r"<script[^>]*>", text))
    assert re.findall(r"https?://", text) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_text_a_template_asks_for_exists(file: Path) -> None:
    text, said = file.read_text("utf-8"), catalogue("en")
    wanted = {key for key in KEY.findall(text) if not key.endswith(".")}
    wanted |= {f"{key}.{form}" for key in PLURAL.findall(text) for form in ("one", "other")}
    assert sorted(key for key in wanted if key not in said) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_template_compiles(file: Path) -> None:
    environment().get_template(file.name)


def test_every_icon_a_template_draws_is_in_the_sprite() -> None:
    drawn = {name for file in FILES for name in re.findall(r"icon\('([a-z]+)'\)", file.read_text("utf-8"))}
    known = set(re.findall(r'<symbol id="([a-z]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    assert drawn - known == set()


def test_modules_hold_no_text_in_either_language() -> None:
    """A module takes its words from the page (`data-words`); a literal with spaces and a capital is a sentence."""
    sentence = re.compile(r'"[A-Z][a-z]+ [a-z]+[^"]*"|[\u4e00-\u9fff]')
    own = [file for file in STATIC.glob("*.js") if file.name not in THIRD_PARTY]
    code = {file.name: re.sub(r"//[^\n]*", "", file.read_text("utf-8")) for file in own}
    assert {name: found for name, text in code.items() if (found := sentence.findall(text))} == {}


@pytest.mark.parametrize("name", THIRD_PARTY)
def test_what_others_wrote_is_the_file_that_its_notice_speaks_of_and_our_policy_allows_it(name: str) -> None:
    found = (STATIC / name).read_bytes()
    assert hashlib.sha256(found).hexdigest() == THIRD_PARTY[name]
    assert re.findall(rb"\beval\(|new Function|WebAssembly|https?://(?!github\.com/)", found) == []


def test_a_device_takes_the_reader_of_codes_only_when_it_needs_it() -> None:
    """It is no part of the first load: no page names it, and the service worker does not fetch it ahead."""
    named = static_files.static_url("qr_reader.js")
    worker = offline._worker()
    assert named not in worker and static_files.static_url("scan.js") in worker
    assert [file.name for file in FILES if "qr_reader" in file.read_text("utf-8")] == []
    assert f'READER = "{named}"' in static_files.content("scan.js").decode()


def test_what_a_script_needs_is_known_to_its_depth_and_without_what_is_taken_on_demand() -> None:
    found = static_files.needed_by("app.js")
    read = {name: set(re.findall(r'from "\./(\w+\.js)"', (STATIC / name).read_text("utf-8"))) for name in found}
    assert set(found) == set(re.findall(r'from "\./(\w+\.js)"', (STATIC / "app.js").read_text("utf-8"))).union(
        *read.values()
    )
    assert "store.js" in found  # three imports away
    assert static_files.needed_by("scan.js") == ()


#: What a page of a signed-in person has whatever it is about (render.page).
FRAME = {
    "t", "tn", "word", "pick", "lang", "theme", "csrf", "here", "view", "simulated", "nav", "fmt", "name", "done",
    "board", "roles", "now", "site_id", "suggestions", "everybody", "alarm_count", "to_approve",
}  # fmt: skip


def test_the_head_of_a_ticket_has_all_it_asks_for_above_a_form() -> None:
    """It is part of the pages of jobs and tickets, and of every form about a ticket."""
    env = environment()
    source = env.loader.get_source(env, "ticket_head.html")[0]  # type: ignore[union-attr]
    asked = meta.find_undeclared_variables(env.parse(source)) - set(env.globals) - FRAME
    w = walk.active()
    given = form_page.subject_data(SimpleNamespace(board=w.board), "void_ticket", w.job, w.permit())  # type: ignore[arg-type]
    assert asked - set(given) == set()


def test_numbers_with_their_units_tags_and_permit_numbers_stay_whole() -> None:
    told = str(unbroken("HX-HW-20261019-0007 <GD-07>, 10 m, 0.2 %vol, 2 % of it"))
    assert re.findall(r'<span class="nb">([^<]*)</span>', told) == ["HX-HW-20261019-0007", "GD-07", "10 m", "0.2 %vol"]
    assert "&lt;" in told
    assert 'nb">10 天<' in str(unbroken("不超过 10 天前"))


@pytest.mark.parametrize(("number", "halves"), [
    ("HX-HW-20261019-0007", ["HX-HW-", "20261019-0007"]), ("HX-J-20261019-0001", ["HX-J-", "20261019-0001"]),
    ("<b>-1", ["&lt;b&gt;-1"]),
])  # fmt: skip
def test_a_number_that_does_not_fit_breaks_once_before_its_date(number: str, halves: list[str]) -> None:
    told = str(in_halves(number))
    assert re.findall(r'<span class="nb">(.*?)</span>', told) == halves
    assert told.count("<wbr>") == len(halves) - 1


def test_an_act_on_the_site_is_not_judged_before_it_says_what_it_is_about() -> None:
    """A purge asks of the moment that it names; a job in the address of its form is no part of it."""
    w = walk.active()
    assert form_page._verdicts(SimpleNamespace(board=w.board), "purge", w.job, w.permit()) == ()  # type: ignore[arg-type]
