"""Step 4, site survey 现场勘察: measures, isolations, gas, the signatures and the issue."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import limits, words
from schemas.commands.base import Payload, of_job, of_permit
from schemas.fields import (
    Code,
    Dec,
    DecimalRange,
    Flag,
    Ident,
    Int,
    Line,
    Many,
    OneOf,
    OneOfInt,
    Part,
    Sha256,
    Strict,
    Uuid,
    Word,
    text,
)


class MeasureLine(Strict):
    line = Code()
    answer = OneOf(words.MEASURE_ANSWERS)
    note = Line(optional=True)
    photo_sha256 = Sha256(optional=True)


@of_permit("confirm_measures")
class ConfirmMeasures(Payload):
    lines = Many(Part(MeasureLine), limits.MEASURES_MAX, low=1)

    @validates_schema
    def no_line_is_answered_twice(self, data: dict[str, Any], **_: Any) -> None:
        numbers = [line["line"] for line in data.get("lines", []) if "line" in line]
        if len(set(numbers)) != len(numbers):
            raise ValidationError("A line is answered twice.", "lines")


@of_job("apply_isolation")
class ApplyIsolation(Payload):
    point_id = Ident()
    method = OneOf(words.ISOLATION_METHODS)
    lock_no = Word()
    tag_no = Word()


@of_job("verify_isolation")
class VerifyIsolation(Payload):
    point_id = Ident()
    how = text()


class GasNamed(Strict):
    """A gas at a point in a unit.

    Malformed is only what cannot be understood (reading A10.5): %LEL without its LEL and calibration gas, a unit that
    does not fit the gas. A reading that fails, is late or is out of order is a fact.
    """

    gas = Word()
    point = Word()
    unit = OneOf(words.GAS_UNITS)
    lel = Dec("0.1", "100", optional=True)
    calibration_gas = Word(optional=True)

    @validates_schema
    def percent_lel_says_of_what(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("unit") == words.PERCENT_LEL:
            absent = [name for name in ("lel", "calibration_gas") if name not in data]
            if absent:
                raise ValidationError({name: ["A %LEL reading needs it."] for name in absent})

    @validates_schema
    def the_unit_fits_the_gas(self, data: dict[str, Any], **_: Any) -> None:
        if "gas" in data and "unit" in data:
            fitting = words.units_of(data["gas"])
            if data["unit"] not in fitting:
                raise ValidationError(f"{data['gas']} is measured in {' or '.join(fitting)}.", "unit")


class Reading(GasNamed):
    """One value as the instrument showed it."""

    value = Dec("0", words.UNIT_MAX[words.MG_PER_M3])

    @validates_schema
    def the_value_is_possible_in_the_unit(self, data: dict[str, Any], **_: Any) -> None:
        if "value" in data and "unit" in data:
            try:
                DecimalRange("0", words.UNIT_MAX[data["unit"]])(data["value"])
            except ValidationError as wrong:
                raise ValidationError(wrong.messages, "value") from None


@of_permit("record_gas_test")
class RecordGasTest(Payload):
    instrument_id = Ident()
    sample_age_s = Int(0, limits.SAMPLE_AGE_S_MAX, optional=True)
    tester = Ident(optional=True)
    readings = Many(Part(Reading), limits.READINGS_MAX, low=1)


@of_permit("record_process_state")
class RecordProcessState(Payload):
    """How the unit stands for special-level hot work (GB 30871-2022 5.4.2)."""

    unit_stable = Flag()
    slight_positive_pressure = Flag()
    no_decomposing_service = Flag()


@of_permit("survey")
class Survey(Payload):
    pass


@of_permit("sign_node")
class SignNode(Payload):
    node = OneOf(words.NODES)
    opinion = text()


@of_permit("coordinate")
class Coordinate(Payload):
    """What goes on beside the other ticket, and what was agreed for it (GB 30871-2022 4.7)."""

    other = Uuid()
    agreed = Many(OneOf(words.COORDINATION_MEASURES), len(words.COORDINATION_MEASURES), unique=True)
    measures = text()


@of_permit("sign_coordination")
class SignCoordination(Payload):
    other = Uuid()


@of_permit("issue")
class Issue(Payload):
    """`on_behalf_of`: who delegated the right to the issuer, who holds it too (AQ 3064.2-2025 5.5.3)."""

    on_behalf_of = Ident(optional=True)


@of_permit("check_ticket")
class CheckTicket(Payload):
    """The shift foreman's check (班长验票)."""


@of_permit("print_permit")
class PrintPermit(Payload):
    copy = OneOfInt(words.COPIES)
