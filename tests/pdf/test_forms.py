"""The forms: rows in the order of the Annex, the thirteen elements, the marks that say what a sheet is."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pypdf
import pytest

from pdf_templates.closure import render_closure
from pdf_templates.forms import FORMS
from pdf_templates.permit import render_permit
from pdf_templates.words import catalogue
from services.rulebook import rulebook
from services.sealer.contents import permit_document
from services.sealer.view import Proof, View
from services.seven_steps.gate import Boundary
from services.seven_steps.work_types import TYPES
from tests.flow.standard_jobs import SERVICES, TICKET, ready
from tests.flow.world import HOT
from tests.pdf import samples
from tests.pdf.recorded import sealing, walked

A1 = ["applicant_unit", "requested_at", "work_content", "hot_place", "hot_level", "hot_method", "hot_workers",
      "work_unit", "work_lead", "gas_time", "gas_name", "gas_result", "gas_tester", "linked", "hazards", "hot_time",
      "measures", "briefer", "briefed", "guardian", "node_work_lead", "node_unit", "node_safety", "hot_approver",
      "foreman",
      "acceptance"]  # fmt: skip
A2 = ["applicant_unit", "requested_at", "space_name", "medium", "work_content", "work_unit", "work_lead", "workers",
      "guardian", "linked", "hazards", "gas_item", "toxic", "combustible", "oxygen", "limit", "gas_values",
      "space_time", "measures", "briefer", "briefed", "node_work_lead", "node_unit", "approver",
      "acceptance"]  # fmt: skip
A3 = ["applicant_unit", "work_unit", "requested_at", "blind_action", "work_content", "pipe", "pipe_state", "blind",
      "began", "pipe_medium", "temperature", "pressure", "blind_material", "blind_size", "blind_number", "blind_map",
      "work_lead", "workers", "guardian", "linked", "hazards", "blind_time", "measures", "briefer", "briefed",
      "node_work_lead", "node_unit", "approver", "acceptance"]  # fmt: skip
A6 = ["applicant_unit", "requested_at", "place", "work_content", "source_point", "power_voltage", "consumers",
      "electricians", "guardian", "workers", "work_unit", "work_lead", "linked", "hazards", "gas_time", "gas_point",
      "combustible_result", "gas_tester", "power_time", "measures", "briefer", "briefed", "node_work_lead",
      "node_power_user", "node_power", "acceptance"]  # fmt: skip
A7 = ["applicant_unit", "requested_at", "earth_place", "work_content", "earth_scope", "work_unit", "work_lead",
      "workers", "guardian", "linked", "hazards", "earth_time", "cosign", "measures", "briefer", "briefed",
      "node_work_lead", "node_unit", "earth_approver", "acceptance"]  # fmt: skip
A8 = ["applicant_unit", "requested_at", "road_place", "place", "road_why", "road_signs", "work_unit", "work_lead",
      "workers", "guardian", "linked", "hazards", "road_time", "measures", "briefer", "briefed", "node_work_lead",
      "node_unit", "node_fire_safety", "earth_approver", "acceptance"]  # fmt: skip
A4 = ["applicant_unit", "requested_at", "height_place", "work_content", "height", "height_level", "work_unit",
      "work_lead", "height_workers", "guardian", "linked", "hazards", "height_time", "measures", "briefer", "briefed",
      "node_work_lead", "node_unit", "node_review", "node_approval", "acceptance"]  # fmt: skip
A5 = ["applicant_unit", "requested_at", "work_unit", "lift_place", "lift_gear", "lift_load", "work_content",
      "lift_mass", "lift_operators", "lift_riggers", "lift_directors", "guardian", "linked", "hazards", "lift_time",
      "measures", "briefer", "briefed", "node_lift_lead", "node_unit", "node_review", "node_approval",
      "acceptance"]  # fmt: skip
STATUTORY = {
    "hot_work": A1, "confined_space": A2, "blind_plate": A3, "height": A4, "lifting": A5, "temporary_power": A6,
    "earthwork": A7, "road_break": A8,
}  # fmt: skip


def pages(pdf: bytes) -> list[str]:
    """The text of each page without white space, in the order it was drawn."""
    return [re.sub(r"\s", "", page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


@pytest.mark.parametrize(("kind", "rows"), STATUTORY.items())
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_rows_of_a_form_stand_in_the_order_of_the_annex(kind: str, rows: list[str], lang: str) -> None:
    front = pages(render_permit(samples.permit(kind), [lang]))[0]
    places, start = [], 0
    for row in rows:
        label = re.sub(r"\s", "", catalogue(lang)[f"row.{row}"])
        start = front.find(label, start)
        assert start >= 0, f"{row} is missing or out of order"
        places.append(start)
    assert places == sorted(places)


@pytest.mark.parametrize("kind", sorted(FORMS))
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_measure_of_a_form_is_printed_with_its_answer(kind: str, lang: str) -> None:
    front = pages(render_permit(samples.permit(kind), [lang]))[0]
    for line in range(1, FORMS[kind].measures + 1):
        assert re.sub(r"\s", "", catalogue(lang)[f"measure.{kind}.{line}"]) in front


@pytest.mark.parametrize("kind", sorted(FORMS))
def test_the_forms_have_the_measures_that_the_rules_ask_for(kind: str) -> None:
    assert list(rulebook().listed(f"measures_{kind}")) == [str(n) for n in range(1, FORMS[kind].measures + 1)]


@pytest.mark.parametrize("kind", sorted(FORMS))
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_usual_permit_is_one_sheet_of_two_pages(kind: str, lang: str) -> None:
    assert len(pages(render_permit(samples.permit(kind), [lang]))) == 2


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_a_ticket_of_each_type_becomes_a_document_with_its_facts_in_both_languages(kind: str) -> None:
    world = ready(kind, Boundary.COMPLETE)
    view = View(world.board, world.rules, lambda person: {"en": person, "zh-CN": person}, Proof(1, "0" * 64, ()), "")
    document = json.loads(json.dumps(permit_document(view, world.job, world.permit(TICKET), "permit")))
    for fact in document["facts"].values():
        for words in fact.values():
            assert words["en"] and words["zh-CN"]
    assert [act["services"] for act in document["cosigned"]] == ([list(SERVICES)] if kind == "earthwork" else [])
    for lang in ("zh-CN", "en"):
        assert document["permit_no"] in pages(render_permit(document, [lang]))[0]


def test_all_thirteen_elements_of_hsg250_are_numbered(monkeypatch: pytest.MonkeyPatch) -> None:
    from pdf_templates import sheet, supplement, typeset

    drawn: set[int] = set()
    real = typeset.circle

    def circle(canvas: Any, x: float, y: float, number: int) -> None:
        drawn.add(number)
        real(canvas, x, y, number)

    for module in (sheet, supplement, typeset):
        monkeypatch.setattr(module, "circle", circle)
    for kind in FORMS:
        drawn.clear()
        render_permit(samples.permit(kind), ["zh-CN"])
        assert drawn == set(range(1, 14)), kind


def test_number_emergency_call_muster_point_and_validity_are_on_page_one() -> None:
    front = pages(render_permit(samples.permit(), ["zh-CN"]))[0]
    for text in ("DEMO-HW-20261120-0003", "8119", "二号门集合点A", "2026-11-2010:00–2026-11-2016:30"):
        assert text in front


@pytest.mark.parametrize(
    ("changes", "marks", "absent"),
    [
        ({}, ["第一联监护人", "原件Original"], ["演示DEMO", "暂停SUSPENDED", "作废VOID", "撤销REVOKED"]),
        ({"demo": True}, ["演示DEMO"], ["暂停SUSPENDED"]),
        ({"status_mark": "suspended", "state": "suspended"}, ["暂停SUSPENDED", "本页为暂停状态副本"], ["演示DEMO"]),
        ({"status_mark": "void", "state": "void", "demo": True}, ["作废VOID", "演示DEMO", "本页为作废状态副本"], []),
        ({"status_mark": "revoked", "state": "revoked"}, ["撤销REVOKED"], ["作废VOID"]),
        ({"copy": {"number": 3, "print": 2}}, ["第三联存档", "补打第2次"], ["原件", "第一联"]),
    ],
)
def test_the_marks_say_what_a_sheet_is_on_every_page(
    changes: dict[str, Any], marks: list[str], absent: list[str]
) -> None:
    texts = pages(render_permit(samples.permit(**changes), ["zh-CN"]))
    for mark in marks:
        assert mark in texts[0]
        if mark.isascii() is False and mark.endswith(("DEMO", "SUSPENDED", "VOID", "REVOKED")):
            assert all(text.count(mark) == 3 for text in texts)
    assert not [mark for mark in absent if any(mark in text for text in texts)]


def test_the_foot_names_rules_record_chain_and_page() -> None:
    texts = pages(render_permit(samples.permit()))
    for number, text in enumerate(texts, 1):
        for part in ("gb30871-2022@1", "record记录62" if "record记录" in text else "记录record62", samples.HEAD[:16]):
            assert part in text
        assert text.endswith(f"{number}/{len(texts)}") or f"{number}/{len(texts)}" in text


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_a_replacement_is_named_on_both_permits(lang: str) -> None:
    for key in ("supersedes", "superseded_by"):
        said = "".join(pages(render_permit(samples.permit("hot_work") | {key: "DEMO-HW-20261120-0099"}, [lang])))
        assert re.sub(r"\s", "", catalogue(lang)[f"page.{key}"]) in said and "DEMO-HW-20261120-0099" in said


def test_gas_values_stand_as_converted_and_as_shown() -> None:
    behind = pages(render_permit(samples.permit(), ["zh-CN"]))[1]
    assert "3%LEL" in behind and "0.15%vol" in behind and "≤0.5%vol" in behind and "合格" in behind


def test_a_closure_record_tells_actual_times_counts_and_chain_head() -> None:
    for lang in ("zh-CN", "en"):
        text = "".join(pages(render_closure(samples.closure(), [lang])))
        for part in (
            "2026-11-2010:12–2026-11-2014:40",
            "4h28min",
            samples.HEAD,
            "G-GAS-2G-HOT-5",
            "锈死法兰先用渗透剂浸泡",
        ):
            assert part in text
    assert "58outcomes:48accepted,10refused" in text


async def test_the_first_print_of_each_copy_is_its_original_and_later_ones_are_counted(tmp_path: Path) -> None:
    world = walked("active")
    for copy in (1, 2, 1):
        world.permit_ok(HOT, "lead", "print_permit", {"copy": copy})
    async with sealing(tmp_path, world) as (_, sealer, store):
        found = []
        for pending in sorted(sealer.pending.values(), key=lambda p: p.wanted.key.records_to):
            if pending.wanted.printed:
                await sealer.attempt(pending)
                assert pending.record is not None
                sha256 = json.loads(pending.record)["client"]["payload"]["sha256"]
                found.append(pages(store.read(sha256))[0])
    expected = [("第一联监护人", "原件"), ("第二联所在单位", "原件"), ("第一联监护人", "补打第1次")]
    assert all(mark in text and origin in text for text, (mark, origin) in zip(found, expected, strict=True))
