"""Scores of a risk row: 5x5 (R = L x S) and LEC (D = L x E x C), and the band each falls into."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from services.seven_steps.board_job import RiskRow
from services.seven_steps.gate import Case

LOW, MEDIUM, HIGH, EXTREME = BANDS = "low", "medium", "high", "extreme"
#: Levels of control that can lower more than the chance (rules A7: hierarchy of controls).
ENGINEERED = frozenset({"elimination", "substitution", "engineering"})
PPE = "ppe"


def score(method: str, values: Mapping[str, Any]) -> Decimal:
    """5x5 and JSA: likelihood x severity; LEC: likelihood x exposure x consequence."""
    if method == "lec":
        return Decimal(values["l"]) * Decimal(values["e"]) * Decimal(values["c"])
    return Decimal(values["l"]) * Decimal(values["s"])


def band(method: str, values: Mapping[str, Any], case: Case) -> str:
    """A 5x5 band begins with its number; an LEC grade begins above it (rules A7)."""
    kind = "lec" if method == "lec" else "matrix"
    points = score(method, values)
    for name in (EXTREME, HIGH, MEDIUM):
        bound = case.rules.number(f"{kind}_{name}_from", case.board)
        if points > bound or (points == bound and kind == "matrix"):
            return name
    return LOW


def band_left(row: RiskRow) -> str:
    """The band that counts after the controls: protective equipment alone, or nothing, lowers none (rules A7)."""
    only_worn = all(control["level"] == PPE for control in row.controls)
    return max(row.band, row.residual_band, key=BANDS.index) if only_worn else row.residual_band


def banded(row: Mapping[str, Any], method: str, case: Case) -> dict[str, Any]:
    return dict(row) | {
        "band": band(method, row["initial"], case),
        "residual_band": band(method, row["residual"], case),
    }
