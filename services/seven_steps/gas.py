"""Gas readings: conversion, limits, and which readings count (GB 30871-2022 5.3, 6.3, 6.4; readings A10.5-A10.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from services.seven_steps import limits, site_time
from services.seven_steps.board import Board
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Instrument
from services.seven_steps.board_ticket import GasReading, Permit
from services.seven_steps.command import Interval
from services.seven_steps.rules import ENTRY, OXYGEN_EQUIPMENT, Gas, Rules
from services.seven_steps.work_types import type_of

#: Litres of one mole of gas at 20 C and 101.3 kPa (reading A10.7: ppm is converted there; nothing is rounded, A10.1):
#: the gas constant in kPa L/(mol K) x 293.15 K / 101.3 kPa.
MOLAR_VOLUME_L = Decimal("8.314462618") * Decimal("293.15") / Decimal("101.3")
HUNDRED = Decimal(100)

FUTURE, TIME_UNKNOWN = "future", "time_unknown"
INSTRUMENT_UNKNOWN, OUT_OF_SERVICE, CALIBRATION_PAST = "instrument_unknown", "out_of_service", "calibration_past"
NO_BUMP_TEST, GAS_NOT_MEASURED, LEL_DIFFERS = "no_bump_test", "gas_not_measured", "lel_differs"
FACTOR_MISSING, GAS_UNKNOWN = "factor_missing", "gas_unknown"


@dataclass(frozen=True, slots=True)
class Need:
    """A value the ticket must have: this gas at this point."""

    gas: str
    point: str

    def __str__(self) -> str:
        return f"{self.gas} @ {self.point}"


# ---- one reading ---------------------------------------------------------------------------------------------------


def converted(
    reading: Mapping[str, Any], gas: Gas | None, instrument: Instrument | None, rules: Rules
) -> Decimal | None:
    """The value in the unit of its limit: %vol for combustibles and oxygen, mg/m3 for toxics; None if there is no way.

    %LEL is per cent of the LEL of the gas the instrument was calibrated with: for another gas the instrument's
    correction factor is needed (rules, trap 8). The pack's LEL is used, not the one sent (reading A10.5).
    """
    if gas is None:
        return None
    value, unit = Decimal(reading["value"]), reading["unit"]
    if gas.kind == "toxic":
        return _mg_m3(value, unit, gas)
    if unit == "%vol":
        return value
    if unit == "ppm":
        return value / Decimal(10000)
    if unit == "%LEL" and gas.lel is not None:
        factor = _factor(reading, instrument)
        return None if factor is None else value * factor * gas.lel / HUNDRED
    return None


def _mg_m3(value: Decimal, unit: str, gas: Gas) -> Decimal | None:
    if unit == "mg/m3":
        return value
    if unit == "ppm" and gas.molar_mass is not None:
        return value * gas.molar_mass / MOLAR_VOLUME_L
    return None


def _factor(reading: Mapping[str, Any], instrument: Instrument | None) -> Decimal | None:
    """What the instrument is registered with decides, not what the tester types; if they differ, there is no factor."""
    if instrument is None or reading.get("calibration_gas") != instrument.calibration_gas:
        return None
    if instrument.calibration_gas == reading["gas"]:
        return Decimal(1)
    return instrument.correction_factors.get(reading["gas"])


@dataclass(frozen=True, slots=True)
class Limit:
    """What a gas may be, bounds included; None: no bound on that side. Each side with what decided it."""

    low: Decimal | None
    high: Decimal | None
    unit: str
    low_pack: str = ""
    high_pack: str = ""

    def __str__(self) -> str:
        if self.low is None:
            return f"≤ {self.high} {self.unit}"
        return f"{self.low} – {self.high} {self.unit}" if self.high is not None else f"≥ {self.low} {self.unit}"

    def holds(self, value: Decimal) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    def decided_by(self, value: Decimal | None) -> str:
        """The pack whose bound the value is outside of."""
        return self.low_pack if value is not None and self.low is not None and value < self.low else self.high_pack


def works(permit: Permit) -> frozenset[str]:
    """The kinds of work a ticket is, as rule packs name them: its type, and what else its numbers may bind."""
    kind = type_of(permit)
    more = {ENTRY: kind.breathed(permit), OXYGEN_EQUIPMENT: kind.on_oxygen(permit)}
    return frozenset({permit.type, *(name for name, is_so in more.items() if is_so)})


def limit_of(gas: Gas, rules: Rules, board: Board, permit: Permit) -> Limit | None:
    """The strictest of the site's packs; None if none of them limits this gas in this work."""
    if gas.kind == "toxic":
        high = _toxic_limit(gas)
        return None if high is None else Limit(None, high, "mg/m3")
    if gas.kind == "oxygen":
        return _oxygen_limit(rules, board, permit)
    return _combustible_limit(gas, rules, board, permit)


def limit_text(gas: Gas | None, rules: Rules, board: Board, permit: Permit) -> str:
    """The limit as a person reads it, with its unit."""
    if gas is None:
        return ":known_gas"
    limit = limit_of(gas, rules, board, permit)
    return "" if limit is None else str(limit)


def _combustible_limit(gas: Gas, rules: Rules, board: Board, permit: Permit) -> Limit | None:
    """GB 30871-2022 5.3.2 goes by the gas's own LEL (exactly 4 %vol is on the high side); 1910.146(b) is 10 % of it."""
    found = []
    split = rules.bound("lel_split", board)
    if split is not None:
        high_lel = gas.lel is not None and gas.lel >= split.value
        name = "combustible_limit_high_lel" if high_lel else "combustible_limit_low_lel"
        found += [(bound.value, bound.pack) for bound in [rules.bound(name, board, works(permit))] if bound]
    share = rules.bound("combustible_limit_of_lel", board, works(permit))
    if share is not None and gas.lel is not None:
        found.append((share.value * gas.lel / HUNDRED, share.pack))
    if not found:
        return None
    value, pack = min(found, key=lambda row: row[0])
    return Limit(None, value, "%vol", high_pack=pack)


def _oxygen_limit(rules: Rules, board: Board, permit: Permit) -> Limit | None:
    area = board.areas.get(permit.area_id)
    enriched = area is not None and area.enriched_oxygen
    names = ("oxygen_max_enriched" if enriched else "oxygen_max", "oxygen_max_in_equipment")
    found = [bound for name in names if (bound := rules.bound(name, board, works(permit))) is not None]
    high = min(found, key=lambda bound: bound.value, default=None)
    low = rules.bound("oxygen_min", board, works(permit))
    if low is None and high is None:
        return None
    return Limit(
        low=low.value if low else None,
        high=high.value if high else None,
        unit="%vol",
        low_pack=low.pack if low else "",
        high_pack=high.pack if high else "",
    )


def _toxic_limit(gas: Gas) -> Decimal | None:
    return gas.mac if gas.mac is not None else gas.pc_stel


def passes(value: Decimal | None, gas: Gas | None, rules: Rules, board: Board, permit: Permit) -> bool:
    """Within the limit, bounds included. A value that can't be converted passes nothing; no limit forbids nothing."""
    if gas is None or value is None:
        return False
    limit = limit_of(gas, rules, board, permit)
    return limit is None or limit.holds(value)


def marks(
    reading: Mapping[str, Any],
    sampled: Interval | None,
    instrument: Instrument | None,
    gas: Gas | None,
    board: Board,
    now: Any,
) -> tuple[str, ...]:
    """What speaks against a reading as evidence, judged when it is recorded; it is kept all the same."""
    found = []
    if gas is None:
        found.append(GAS_UNKNOWN)
    if sampled is None:
        found.append(TIME_UNKNOWN)
    elif sampled.earliest > now + limits.FUTURE_TOLERANCE:
        found.append(FUTURE)
    if instrument is None:
        return (*found, INSTRUMENT_UNKNOWN)
    days = site_time.days_of(board, sampled or Interval(now, now))
    if not instrument.in_service:
        found.append(OUT_OF_SERVICE)
    if instrument.calibration_due < days[-1]:
        found.append(CALIBRATION_PAST)
    if not bumped(instrument, days):
        found.append(NO_BUMP_TEST)
    if reading["gas"] not in instrument.gases:
        found.append(GAS_NOT_MEASURED)
    if reading["unit"] == "%LEL" and gas is not None:
        if _factor(reading, instrument) is None:
            found.append(FACTOR_MISSING)
        if gas.lel is not None and "lel" in reading and Decimal(reading["lel"]) != gas.lel:
            found.append(LEL_DIFFERS)
    return tuple(found)


def bumped(instrument: Instrument, days: Iterable[str]) -> bool:
    """Whether the last bump test of each of these site days passed, whenever that was told."""
    return all((test := instrument.bumps.get(day)) is not None and test.passed for day in days)


# ---- what a ticket needs, and what it has --------------------------------------------------------------------------


def needs(job: Job, permit: Permit) -> tuple[Need, ...]:
    """Each gas at each point of the plan; empty if nothing was planned, which opens no gate."""
    plan = job.plan.gas.get(permit.permit_id) if job.plan else None
    if plan is None:
        return ()
    return tuple(Need(gas, point) for gas in plan.gases for point in plan.points)


def unplanned_kinds(job: Job, permit: Permit, rules: Rules, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Kinds of gas the law asks for and the plan leaves out."""
    planned = {gas.kind for need in needs(job, permit) if (gas := rules.gas(need.gas)) is not None}
    return tuple(kind for kind in wanted if kind not in planned)


def measured(permit: Permit) -> tuple[Need, ...]:
    """Every gas at every point that was ever read on the ticket: a bad value counts whatever the plan says."""
    return tuple(dict.fromkeys(Need(reading.gas, reading.point) for reading in permit.gas))


def deciding(permit: Permit, need: Need) -> GasReading | None:
    """The latest by sample time; of equal times the worse (reading A10.5). Unknown and future times are no evidence."""
    found = [r for r in _for(permit, need) if r.sampled is not None and FUTURE not in r.marks]
    return max(found, key=lambda r: (r.sampled.latest, not r.passed, r.seq), default=None)  # type: ignore[union-attr]


def later_without_time(permit: Permit, need: Need) -> tuple[GasReading, ...]:
    """Readings recorded after the deciding one whose time can't be used: they may be the newer truth."""
    best = deciding(permit, need)
    return tuple(
        r for r in _for(permit, need) if (r.sampled is None or FUTURE in r.marks) and (best is None or r.seq > best.seq)
    )


def kept(permit: Permit, readings: Iterable[GasReading]) -> tuple[GasReading, ...]:
    """The newest, and whatever shuts a gate: a bad value is not crowded out by good ones of other points."""
    whole = replace(permit, gas=(*permit.gas, *readings))
    older, newest = whole.gas[: -limits.GAS_READINGS_KEPT], whole.gas[-limits.GAS_READINGS_KEPT :]
    if not older:
        return newest
    shutting: set[str] = set()
    for need in measured(whole):
        best = deciding(whole, need)
        shutting |= {best.reading_id} if best is not None and not best.passed else set()
        shutting |= {reading.reading_id for reading in later_without_time(whole, need)}
    return (*(reading for reading in older if reading.reading_id in shutting), *newest)


def _for(permit: Permit, need: Need) -> Iterator[GasReading]:
    return (r for r in permit.gas if r.gas == need.gas and r.point == need.point)


def age(reading: GasReading, now: Any) -> timedelta:
    """Freshness uses the earliest moment the sample may have been taken (design: clocks)."""
    assert reading.sampled is not None
    moment: timedelta = now - reading.sampled.earliest
    return moment
