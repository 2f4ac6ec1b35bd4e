"""Limits of gas readings, typed in once more from GB 30871-2022 5.3.2 and 6.4 and GBZ 2.1 (rules A2, A10.6, A10.7)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

#: Lower explosive limits in %vol.
LEL = {"methane": "5.0", "propane": "2.1", "hydrogen": "4.0", "benzene": "1.2", "toluene": "1.2"}
#: Toxics: limit in mg/m3 and molar mass in g/mol.
TOXIC = {
    "hydrogen_sulfide": ("10", "34.08"),
    "chlorine": ("1", "70.91"),
    "carbon_monoxide": ("30", "28.01"),
    "ammonia": ("30", "17.03"),
}
LITRES_A_MOLE = Decimal("24.06")  # at 20 C and 101.3 kPa
OXYGEN_LOW, OXYGEN_HIGH, OXYGEN_HIGH_ENRICHED = Decimal("19.5"), Decimal(21), Decimal("23.5")


def limit_holds(row: dict[str, Any], entry: bool, enriched: bool) -> bool:
    """Whether one value is within its limit, bounds included; what can't be converted is not."""
    value, unit, gas = Decimal(row["value"]), row["unit"], row["gas"]
    if gas == "oxygen":
        high = OXYGEN_HIGH_ENRICHED if enriched else OXYGEN_HIGH
        return not entry or (unit == "%vol" and OXYGEN_LOW <= value <= high)
    if gas in TOXIC:
        limit, mass = (Decimal(text) for text in TOXIC[gas])
        value = value * mass / LITRES_A_MOLE if unit == "ppm" else value
        return unit in ("ppm", "mg/m3") and value <= limit
    if gas not in LEL:
        return False
    lel = Decimal(LEL[gas])
    if unit == "%LEL":
        if row.get("calibration_gas") != gas:
            return False
        value = value * lel / 100
    elif unit != "%vol":
        return False
    return value <= (Decimal("0.5") if lel >= 4 else Decimal("0.2"))
