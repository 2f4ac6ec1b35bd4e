"""Which commands are understood, and what is said of those that are not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from schemas import limits, words
from schemas.commands import SCHEMAS, Malformed, UnknownVersion, load, transport
from services.seven_steps import canonical, roles
from services.seven_steps.commands import COMMANDS
from tests.contract.examples import PAYLOADS, PERMIT, command


def said(body: Any) -> dict[str, list[str]]:
    with pytest.raises(Malformed) as wrong:
        load(body)
    return wrong.value.fields


def changed(type_: str, path: str, value: Any) -> dict[str, Any]:
    """A good command with one value put in at a dotted path; `...` takes the value out."""
    body = command(type_)
    *way, last = path.split(".")
    at: Any = body
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    if value is ...:
        del at[last]
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return body


def test_the_wire_knows_exactly_the_commands_of_the_rules() -> None:
    assert {(spec.type, spec.version) for spec in COMMANDS.values()} == set(SCHEMAS)


def test_the_wire_knows_exactly_the_roles_of_the_rules() -> None:
    assert set(words.ROLES) == roles.ROLES


def test_every_gas_of_the_rule_packs_has_its_units() -> None:
    from services.rulebook import rulebook

    kinds = {"oxygen": words.OXYGEN, "toxic": words.TOXIC, "combustible": words.COMBUSTIBLE}
    listed = {(name, gas.kind) for pack in rulebook().packs for name, gas in pack.gases.items()}
    assert listed == {(name, kind) for kind, names in kinds.items() for name in names}


@pytest.mark.parametrize("type_", sorted(PAYLOADS))
def test_a_good_command_comes_out_as_it_went_in(type_: str) -> None:
    body = command(type_)
    before = canonical.canonical(body)
    assert canonical.canonical(load(body)) == before


@pytest.mark.parametrize("type_", sorted(PAYLOADS))
def test_a_field_nobody_knows_is_refused_by_its_path(type_: str) -> None:
    assert "payload.surprise" in said(changed(type_, "payload.surprise", 1))


@pytest.mark.parametrize("type_", sorted(type_ for type_, payload in PAYLOADS.items() if payload))
def test_null_is_no_value(type_: str) -> None:
    for name in PAYLOADS[type_]:
        assert f"payload.{name}" in said(changed(type_, f"payload.{name}", None))


def test_nulls_and_transport_beside_the_client_part_leave_no_trace_in_it() -> None:
    body = command("survey")
    beside = {
        "actor": None,
        "captured": None,
        "expected_version": None,
        "elapsed_ms": 5,
        "presence": {"code": "123456"},
    }
    assert load(body | beside | {"signature": None}) == body
    assert transport(body | beside) == {"elapsed_ms": 5, "presence": {"code": "123456"}}


def test_an_unknown_version_of_a_known_command_is_no_mistake_of_form() -> None:
    with pytest.raises(UnknownVersion):
        load(command("survey", version=2))


ENVELOPE = [
    ("command_id", "not-a-uuid", "command_id"),
    ("command_id", "2B63A3A0-6F2C-4B63-9B8E-0A5B8A3F2D11", "command_id"),
    ("command_id", ..., "command_id"),
    ("type", "open_everything", "type"),
    ("version", "1", "version"),
    ("version", True, "version"),
    ("site_id", "", "site_id"),
    ("lang", "fr", "lang"),
    ("payload", [], "payload"),
    ("payload", ..., "payload"),
    ("job_id", ..., "job_id"),
    ("permit_id", ..., "permit_id"),
    ("expected_version", -1, "expected_version"),
    ("elapsed_ms", -1, "elapsed_ms"),
    ("elapsed_ms", "5", "elapsed_ms"),
    ("presence", {"code": "12345"}, "presence.code"),
    ("presence", {"code": "123456", "lat": "1"}, "presence.lat"),
    ("presence", {"lat": "91", "lon": "0", "accuracy_m": "5", "at": "2026-11-22T08:00:00Z"}, "presence.lat"),
    ("presence", {"lat": 31.2, "lon": "0", "accuracy_m": "5", "at": "2026-11-22T08:00:00Z"}, "presence.lat"),
    ("signature", {"means": "attested"}, "signature.means"),
    ("captured", {"device_time": "2026-11-22T08:00:00+08:00", "page_id": "a"}, "captured.device_time"),
    ("captured", {"device_time": "2026-11-22T08:00:00", "page_id": "a"}, "captured.device_time"),
    ("captured", {"device_time": "2026-11-22T08:00:00Z"}, "captured.page_id"),
]


@pytest.mark.parametrize(("field", "value", "path"), ENVELOPE, ids=[f"{f}={v!r}" for f, v, _ in ENVELOPE])
def test_a_wrong_envelope_is_told_at_its_field(field: str, value: Any, path: str) -> None:
    assert path in said(changed("add_ticket", field, value))


def test_a_command_of_the_site_is_about_no_job() -> None:
    assert "job_id" in said(command("set_policies", job_id=PERMIT))


READINGS = [
    ({"gas": "methane", "point": "top", "value": "5", "unit": "%LEL", "calibration_gas": "methane"}, "lel"),
    ({"gas": "methane", "point": "top", "value": "5", "unit": "%LEL", "lel": "5.0"}, "calibration_gas"),
    ({"gas": "oxygen", "point": "top", "value": "20.9", "unit": "ppm"}, "unit"),
    ({"gas": "oxygen", "point": "t", "value": "9", "unit": "%LEL", "lel": "5", "calibration_gas": "methane"}, "unit"),
    ({"gas": "hydrogen_sulfide", "point": "top", "value": "1", "unit": "%vol"}, "unit"),
    ({"gas": "methane", "point": "top", "value": "1", "unit": "mg/m3"}, "unit"),
    ({"gas": "methane", "point": "top", "value": "1"}, "unit"),
    ({"gas": "methane", "point": "top", "value": "1", "unit": "%"}, "unit"),
    ({"gas": "methane", "value": "1", "unit": "%vol"}, "point"),
    ({"point": "top", "value": "1", "unit": "%vol"}, "gas"),
    ({"gas": "methane", "point": "top", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "-0.1", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "100.01", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "501", "unit": "%LEL", "lel": "5", "calibration_gas": "m"}, "value"),
    ({"gas": "carbon_monoxide", "point": "top", "value": "1000001", "unit": "ppm"}, "value"),
    ({"gas": "methane", "point": "top", "value": "0,5", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "1e1", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "05", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": 5, "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "1٥", "unit": "%vol"}, "value"),
    ({"gas": "methane", "point": "top", "value": "1\n", "unit": "%vol"}, "value"),
]


@pytest.mark.parametrize(("reading", "field"), READINGS, ids=[str(list(r.values())) for r, _ in READINGS])
def test_a_reading_that_cannot_be_understood_is_told_at_its_field(reading: dict[str, Any], field: str) -> None:
    body = changed("record_gas_test", "payload.readings.1", reading)
    assert list(said(body)) == [f"payload.readings.1.{field}"]


UNDERSTOOD = [
    {"gas": "methane", "point": "top", "value": "99.9", "unit": "%vol"},
    {"gas": "methane", "point": "top", "value": "0", "unit": "%vol"},
    {"gas": "methane", "point": "top", "value": "120", "unit": "%LEL", "lel": "4.4", "calibration_gas": "propane"},
    {"gas": "oxygen", "point": "top", "value": "2", "unit": "%vol"},
    {"gas": "ammonia", "point": "top", "value": "900", "unit": "ppm"},
    {"gas": "unheard_of", "point": "top", "value": "900", "unit": "ppm"},
]


@pytest.mark.parametrize("reading", UNDERSTOOD, ids=[str(list(r.values())) for r in UNDERSTOOD])
def test_a_reading_that_fails_is_a_fact(reading: dict[str, Any]) -> None:
    load(changed("record_gas_test", "payload.readings.1", reading))


WRONG = [
    ("add_ticket", "payload.facts.in_bund", "false", "payload.facts.in_bund"),
    ("add_ticket", "payload.facts.in_bund", 0, "payload.facts.in_bund"),
    ("add_ticket", "payload.facts.method", ..., "payload.facts.method"),
    ("add_ticket", "payload.facts.volume_m3", "3", "payload.facts.volume_m3"),
    ("add_ticket", "payload.facts", [], "payload.facts"),
    ("add_ticket", "payload.type", "juggling", "payload.type"),
    ("add_ticket", "payload.planned_to", "2026-11-19T00:00:00Z", "payload.planned_to"),
    ("record_wind", "payload.weather", ["sunny"], "payload.weather.0"),
    ("record_wind", "payload.weather", ["rain", "rain"], "payload.weather"),
    ("add_ticket", "payload.planned_to", "2026-11-31T00:00:00Z", "payload.planned_to"),
    ("amend_ticket", "payload.facts", {"nothing": 1}, "payload.facts.nothing"),
    ("create_job", "payload.title", "text without language", "payload.title"),
    ("create_job", "payload.title.text", "", "payload.title.text"),
    ("create_job", "payload.place", "two\nlines", "payload.place"),
    ("create_job", "payload.place", "   ", "payload.place"),
    ("register_site", "payload.clock", "real", "payload.starts_at"),
    ("register_site", "payload.name.zh-CN", ..., "payload.name.zh-CN"),
    ("register_site", "payload.code", "demo", "payload.code"),
    ("register_certificate", "payload.valid_to", "2023-12-31", "payload.valid_to"),
    ("register_certificate", "payload.valid_to", "2027-02-30", "payload.valid_to"),
    ("register_person", "payload.roles", ["king"], "payload.roles.0"),
    ("register_person", "payload.roles", ["worker", "worker"], "payload.roles"),
    ("set_calendar", "payload.rest_days", [8], "payload.rest_days.0"),
    ("set_calendar", "payload.night_from", "24:00", "payload.night_from"),
    ("record_risk_assessment", "payload.method", "lec", "payload.rows.0.initial.s"),
    ("record_risk_assessment", "payload.rows.0.initial.l", 6, "payload.rows.0.initial.l"),
    ("record_risk_assessment", "payload.rows", [], "payload.rows"),
    ("record_plan", "payload.documents.0.sha256", "AB" * 32, "payload.documents.0.sha256"),
    ("record_plan", "payload.gas", {"x": {"gases": ["a"], "points": ["b"]}}, "payload.gas.x"),
    ("record_plan", f"payload.gas.{PERMIT}.gases", [], f"payload.gas.{PERMIT}.gases"),
    ("assess", "payload.permits", [], "payload.permits"),
    ("assess", "payload.permits", [PERMIT, PERMIT], "payload.permits"),
    ("give_briefing", "payload.contents", {}, "payload.contents"),
    ("give_briefing", "payload.contents.en.0.topic", "football", "payload.contents.en.0.topic"),
    ("send_back", "payload.to_step", 4, "payload.to_step"),
    ("print_permit", "payload.copy", 4, "payload.copy"),
    ("enter", "payload.tools.grinder", -1, "payload.tools.grinder"),
    ("sign_node", "payload.opinion", "agreed", "payload.opinion"),
]


@pytest.mark.parametrize(("type_", "path", "value", "told"), WRONG, ids=[f"{t} {p}={v!r}" for t, p, v, _ in WRONG])
def test_a_wrong_value_is_told_at_its_field(type_: str, path: str, value: Any, told: str) -> None:
    assert told in said(changed(type_, path, value))


LIFT = {
    "mass_t": "12",
    "load_name": "pump P-7",
    "gear": "truck crane",
    "highest_load_percent": "60",
    "special_conditions": False,
    "near_hazardous": False,
    "outdoors": True,
}


@pytest.mark.parametrize(("cranes", "fits"), [(0, False), (1, True), (limits.CRANES_MAX, True), (11, False)])
def test_a_load_hangs_on_at_least_one_and_at_most_ten_cranes(cranes: int, fits: bool) -> None:
    body = changed("add_ticket", "payload.type", "lifting")
    body["payload"]["facts"] = LIFT | {"cranes": cranes}
    if fits:
        load(body)
    else:
        assert list(said(body)) == ["payload.facts.cranes"]


def repeated(count: int, value: Any) -> list[Any]:
    return [copy.deepcopy(value) for _ in range(count)]


LIMITS = [
    ("assign_crew", "crew", limits.CREW_MAX, PAYLOADS["assign_crew"]["crew"][0]),
    ("record_gas_test", "readings", limits.READINGS_MAX, PAYLOADS["record_gas_test"]["readings"][1]),
    ("record_risk_assessment", "rows", limits.RISK_ROWS_MAX, PAYLOADS["record_risk_assessment"]["rows"][0]),
    ("check_equipment", "items", limits.EQUIPMENT_ITEMS_MAX, PAYLOADS["check_equipment"]["items"][0]),
    ("record_plan", "documents", limits.DOCUMENTS_OF_PLAN_MAX, PAYLOADS["record_plan"]["documents"][0]),
    ("set_foreman_roster", "shifts", limits.SHIFTS_MAX, PAYLOADS["set_foreman_roster"]["shifts"][0]),
]


@pytest.mark.parametrize(("type_", "field", "most", "item"), LIMITS, ids=[f"{t}.{f}" for t, f, _, _ in LIMITS])
def test_a_list_may_have_its_limit_and_not_one_more(type_: str, field: str, most: int, item: Any) -> None:
    load(changed(type_, f"payload.{field}", repeated(most, item)))
    assert said(changed(type_, f"payload.{field}", repeated(most + 1, item)))[f"payload.{field}"]


def test_a_text_may_have_its_limit_and_not_one_more() -> None:
    load(changed("interrupt", "payload.reason.text", "停" * limits.TEXT_CHARS_MAX))
    assert "payload.reason.text" in said(
        changed("interrupt", "payload.reason.text", "停" * (limits.TEXT_CHARS_MAX + 1))
    )
