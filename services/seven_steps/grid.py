"""The site grid: where work is, in metres east and north of the site's own origin. Distances are compared exactly.

Nothing is rounded (reading A10.1): squares are compared with squares. Position errors count on the safe side, the
horizontal distance counts, and only a solid deck between them parts two places one above the other (reading A10.13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context, Decimal

#: A decimal of the wire has at most 16 characters: sums and squares of such fit without rounding.
EXACT = Context(prec=100)
#: Side of a cell of the grid, m: tickets are looked up by the cells around a place.
CELL_M = Decimal(100)
SHOWN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a ticket's work is. Metres; error_m: how far off the place may be, if that was said."""

    east_m: Decimal
    north_m: Decimal
    elevation_m: Decimal | None = None
    error_m: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """An area on the grid: it lies within radius_m around the middle. Metres."""

    east_m: Decimal
    north_m: Decimal
    radius_m: Decimal


@dataclass(frozen=True, slots=True)
class Where:
    """A place as far as it is known: somewhere within slack_m around a point. Metres."""

    east_m: Decimal
    north_m: Decimal
    slack_m: Decimal


def of_spot(spot: Spot, error_m: Decimal) -> Where:
    """error_m: what the site takes where the spot says nothing of its error."""
    return Where(spot.east_m, spot.north_m, error_m if spot.error_m is None else spot.error_m)


def of_circle(circle: Circle) -> Where:
    return Where(circle.east_m, circle.north_m, circle.radius_m)


def _squared(one: Where, other: Where) -> Decimal:
    east = EXACT.subtract(one.east_m, other.east_m)
    north = EXACT.subtract(one.north_m, other.north_m)
    return EXACT.add(EXACT.multiply(east, east), EXACT.multiply(north, north))


def within(one: Where, other: Where, reach_m: Decimal) -> bool:
    """Whether they may be at most reach_m apart, that distance included."""
    most = EXACT.add(EXACT.add(reach_m, one.slack_m), other.slack_m)
    return _squared(one, other) <= EXACT.multiply(most, most)


def shown(one: Where, other: Where) -> str:
    """The least distance they may have, for people to read: metres, two decimals at most, cut off."""
    least = EXACT.subtract(EXACT.sqrt(_squared(one, other)), EXACT.add(one.slack_m, other.slack_m))
    return f"{max(least, Decimal(0)).quantize(SHOWN, ROUND_FLOOR).normalize():f} m"


def parted(one: Spot | None, other: Spot | None, decks: Iterable[Decimal]) -> bool:
    """Whether a solid deck lies between: the lower one under it, the upper one on it or above. Unknown is no."""
    if one is None or other is None or one.elevation_m is None or other.elevation_m is None:
        return False
    low, high = sorted((one.elevation_m, other.elevation_m))
    return any(low < deck <= high for deck in decks)


def cell_of(spot: Spot) -> str:
    return _key(_floor(spot.east_m), _floor(spot.north_m))


def cells_around(place: Where, reach_m: Decimal) -> Iterable[str]:
    """The cells that hold every point at most reach_m away from the place."""
    far = place.slack_m + reach_m
    for east in range(_floor(place.east_m - far), _floor(place.east_m + far) + 1):
        for north in range(_floor(place.north_m - far), _floor(place.north_m + far) + 1):
            yield _key(east, north)


def _floor(metres: Decimal) -> int:
    return int((metres / CELL_M).to_integral_value(ROUND_FLOOR))


def _key(east: int, north: int) -> str:
    return f"{east}:{north}"
