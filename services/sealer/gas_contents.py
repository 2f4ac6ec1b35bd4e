"""The gas readings of a paper: by sample, each value as the instrument showed it and as the gates read it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from pdf_templates.words import LANGUAGES
from services.sealer.view import View, word
from services.seven_steps import gas, site_time
from services.seven_steps.board_ticket import GasReading, Permit

CLOCK_WITHOUT_YEAR = "%m-%d %H:%M:%S"
DIGITS_SHOWN = Decimal("0.001")  # converted values with more digits are shown with "≈"; gates never round


def gas_readings(view: View, permit: Permit) -> dict[str, Any]:
    """Readings by sample, oldest first, with value and limit as the rules had them."""
    gases = sorted({reading.gas for reading in permit.gas})
    kinds = {name: known.kind for name in gases if (known := view.rules.gas(name)) is not None}
    samples: dict[tuple[int, str], list[GasReading]] = {}
    for reading in permit.gas:
        samples.setdefault((reading.seq, reading.point), []).append(reading)
    ordered = sorted(samples.items(), key=lambda item: (_moment(item[1][0]), item[0]))
    return {
        **{kind: [name for name in gases if kinds.get(name) == kind] for kind in ("combustible", "toxic", "oxygen")},
        "names": {name: word("gas", name) for name in gases},
        "limits": {name: _limit(view, permit, name) for name in gases},
        "samples": [_sample(view, point, readings) for (_, point), readings in ordered],
    }


def _moment(reading: GasReading) -> str:
    return "" if reading.sampled is None else site_time.stamp(reading.sampled.latest)


def _limit(view: View, permit: Permit, name: str) -> str:
    known = view.rules.gas(name)
    return "" if known is None else gas.limit_text(known, view.rules, view.board, permit).replace("m3", "m³")


def _sample(view: View, point: str, readings: Iterable[GasReading]) -> dict[str, Any]:
    readings = list(readings)
    sampled = readings[0].sampled
    if sampled is None:
        at = " ".join(word("word", "time_unknown")[lang] for lang in LANGUAGES)
    else:
        width = round((sampled.latest - sampled.earliest).total_seconds())
        at = view.time(sampled.earliest, CLOCK_WITHOUT_YEAR) + (f" +{width} s" if width else "")
    return {
        "at": at,
        "point": word("point", point),
        "tester": view.name(readings[0].tester),
        "instrument": readings[0].instrument_id,
        "values": {reading.gas: _value(reading) for reading in readings},
    }


def _value(reading: GasReading) -> dict[str, str]:
    evidence = reading.converted is not None and reading.sampled is not None and not reading.marks
    verdict = "no_evidence" if not evidence else ("pass" if reading.passed else "fail")
    converted = ""
    if reading.converted is not None:
        shown = reading.converted.quantize(DIGITS_SHOWN).normalize()
        about = "" if shown == reading.converted else "≈"
        converted = f"{about}{format(shown, 'f')} {reading.converted_unit}".replace("m3", "m³")
    return {
        "shown": f"{format(reading.value, 'f')} {reading.unit}".replace("m3", "m³"),
        "converted": converted,
        "verdict": verdict,
    }
