"""The plan of a site: areas where they lie, tickets in them as marks with the shape of their state, clashes measured.

Drawn from the site grid (metres) where areas have a place on it, else from their latitude and longitude; an area of
which neither is known stands in a row below and says so. Screen units: the drawing is WIDTH wide, north is up.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from services.gateway.pages import clash_rows
from services.gateway.pages.render import View
from services.seven_steps.board_site import Area, PlotPlan
from services.seven_steps.board_ticket import Permit

WIDTH = 348  # as wide as it is shown beside the board
EDGE = 26  # room for a label around the drawing
HEIGHT_MAX = 380
RADIUS_MIN, RADIUS_MAX = 16.0, 110.0
MARK = 18
MARKS_PER_AREA_MAX = 12
#: Of a site with more tickets than this only what is stopped or clashes is drawn; each area says how many it has.
MARKS_MAX = 300
UNPLACED_RADIUS = 30.0
#: Widths in a label: a letter, and a Chinese character, which is as high as it is wide.
LETTER, CHARACTER = 7.5, 12.0
METRES_PER_DEGREE = 111_320.0
CLASHES_SHOWN_MAX = 50
#: Angle between one mark and the next, so that they fill a circle evenly.
TURN = math.pi * (3 - math.sqrt(5))


@dataclass(frozen=True)
class Disc:
    """An area as drawn. placed: false where its place is not known; more: tickets that found no room.

    anchor: where the label hangs, so that it stays on the drawing; above: over the disc, not under it
    """

    area_id: str
    name: str
    x: float
    y: float
    r: float
    placed: bool
    tickets: int
    more: int
    above: bool

    @property
    def anchor(self) -> str:
        return "start" if self.x < WIDTH / 3 else "end" if self.x > 2 * WIDTH / 3 else "middle"

    @property
    def label_x(self) -> float:
        return {"start": max(2, self.x - self.r), "end": min(WIDTH - 2, self.x + self.r)}.get(self.anchor, self.x)

    @property
    def label_y(self) -> float:
        return self.y - self.r - 5 if self.above else self.y + self.r + 13

    @property
    def label_box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom, as wide as bold letters are at the most."""
        wide = sum(LETTER if one.isascii() else CHARACTER for one in self.name)
        left = self.label_x - {"start": 0, "end": wide}.get(self.anchor, wide / 2)
        return left, self.label_y - CHARACTER, left + wide, self.label_y + 3

    def covers(self, box: tuple[float, float, float, float]) -> bool:
        """Whether any of the box lies on the disc."""
        left, top, right, bottom = box
        return math.hypot(self.x - min(max(self.x, left), right), self.y - min(max(self.y, top), bottom)) < self.r


@dataclass(frozen=True)
class Mark:
    """A ticket as drawn: the middle of its mark."""

    permit: Permit
    x: float
    y: float


@dataclass(frozen=True)
class Line:
    """A clash as drawn, with where its words stand."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str


@dataclass(frozen=True)
class ClashOf:
    """A clash in the list."""

    permit: Permit
    row: clash_rows.ClashRow


@dataclass(frozen=True)
class Picture:
    """The plot plan as drawn, under the areas: its upper left corner and its size."""

    sha256: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plan:
    height: int
    picture: Picture | None
    discs: Sequence[Disc]
    marks: Sequence[Mark]
    lines: Sequence[Line]
    clashes: Sequence[ClashOf]
    listed: Sequence[tuple[str, Sequence[Permit]]]
    more_clashes: int


@dataclass(frozen=True)
class _Place:
    east: float
    north: float
    radius: float


def plan_of(view: View, permits: Iterable[Permit], area_id: str = "") -> Plan | None:
    """The plan of these tickets; None while the site has no area."""
    areas = [area for area in view.board.areas.values() if area_id in ("", area.area_id)]
    if not areas:
        return None
    known = {area.area_id for area in areas}
    shown = [permit for permit in permits if permit.area_id in known]
    clashing = _clashes(view, {permit.permit_id for permit in shown})
    by_area: dict[str, list[Permit]] = {area.area_id: [] for area in areas}
    for permit in _drawn(shown, clashing):
        by_area[permit.area_id].append(permit)
    whole = view.board.site.plot_plan if view.board.site and not area_id else None
    discs, scale, height = _discs(view, areas, by_area, Counter(permit.area_id for permit in shown), whole)
    marks = [mark for disc in discs for mark in _marks(disc, by_area[disc.area_id], scale)]
    at = {mark.permit.permit_id: mark for mark in marks}
    return Plan(
        height,
        _picture(view, scale),
        discs,
        marks,
        [line for one in clashing[:CLASHES_SHOWN_MAX] if (line := _line(one, at)) is not None],
        clashing[:CLASHES_SHOWN_MAX],
        [(disc.name, by_area[disc.area_id]) for disc in discs if by_area[disc.area_id]],
        max(0, len(clashing) - CLASHES_SHOWN_MAX),
    )


def _drawn(shown: Sequence[Permit], clashing: Iterable[ClashOf]) -> list[Permit]:
    """All of them while they fit; else what is suspended or clashes, as many as fit."""
    if len(shown) <= MARKS_MAX:
        return list(shown)
    clash = {key for one in clashing for key in (one.permit.permit_id, one.row.other.permit_id)}
    return [one for one in shown if one.state == "suspended" or one.permit_id in clash][:MARKS_MAX]


def _clashes(view: View, shown: set[str]) -> list[ClashOf]:
    """Those not coordinated first: they need somebody."""
    found = [
        ClashOf(view.board.permits[one.a], clash_rows.clash_row(view, one, one.a))
        for one in clash_rows.of_site(view)
        if one.a in shown or one.b in shown
    ]
    return sorted(found, key=lambda one: (one.row.coordinated, not one.row.prohibited))


def _line(one: ClashOf, at: Mapping[str, Mark]) -> Line | None:
    """Between the two marks, if both are drawn."""
    first, second = at.get(one.permit.permit_id), at.get(one.row.other.permit_id)
    if first is None or second is None or one.row.coordinated:
        return None
    return Line(first.x, first.y, second.x, second.y, one.row.have)


# ---- where things lie ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Scale:
    """Metres to screen units. on_grid: whether a ticket's own place on the site grid can be drawn."""

    per_metre: float
    west: float
    north: float
    on_grid: bool

    def point(self, east: float, north: float) -> tuple[float, float]:
        return EDGE + (east - self.west) * self.per_metre, EDGE + (self.north - north) * self.per_metre


def _places(areas: Sequence[Area]) -> tuple[dict[str, _Place], bool]:
    """Where the areas lie, in metres, and whether that is on the site grid."""
    on_grid = {
        area.area_id: _Place(float(area.grid.east_m), float(area.grid.north_m), float(area.grid.radius_m))
        for area in areas
        if area.grid is not None
    }
    if on_grid:
        return on_grid, True
    there = [(area.area_id, area.position) for area in areas if area.position is not None]
    if not there:
        return {}, False
    origin = float(Decimal(there[0][1]["lat"]))
    narrow = METRES_PER_DEGREE * math.cos(math.radians(origin))
    found = {
        area_id: _Place(
            float(position["lon"]) * narrow, float(position["lat"]) * METRES_PER_DEGREE, float(position["radius_m"])
        )
        for area_id, position in there
    }
    return found, False


def _scale(places: Mapping[str, _Place], on_grid: bool, plot: PlotPlan | None) -> tuple[_Scale, float]:
    """So that everything fits, the picture of the whole site too; and how high the drawing is."""
    if not places:
        return _Scale(0, 0, 0, False), 0
    edges = [(p.east - p.radius, p.north - p.radius, p.east + p.radius, p.north + p.radius) for p in places.values()]
    if plot is not None and on_grid:
        edges.append((float(plot.west_m), float(plot.south_m), float(plot.east_m), float(plot.north_m)))
    west, south = min(one[0] for one in edges), min(one[1] for one in edges)
    east, north = max(one[2] for one in edges), max(one[3] for one in edges)
    wide, high = max(east - west, 1.0), max(north - south, 1.0)
    per_metre = min((WIDTH - 2 * EDGE) / wide, (HEIGHT_MAX - 2 * EDGE) / high)
    return _Scale(per_metre, west, north, on_grid), high * per_metre + 2 * EDGE


def _picture(view: View, scale: _Scale) -> Picture | None:
    """Where the plot plan lies; None if the site has none, or its areas are not on the grid."""
    plot = view.board.site.plot_plan if view.board.site else None
    if plot is None or not scale.on_grid:
        return None
    x, y = scale.point(float(plot.west_m), float(plot.north_m))
    right, under = scale.point(float(plot.east_m), float(plot.south_m))
    return Picture(plot.sha256, x, y, right - x, under - y)


def _discs(
    view: View,
    areas: Sequence[Area],
    by_area: Mapping[str, Sequence[Permit]],
    all_of: Mapping[str, int],
    plot: PlotPlan | None,
) -> tuple[list[Disc], _Scale, int]:
    places, on_grid = _places(areas)
    scale, height = _scale(places, on_grid, plot)
    discs = []
    unplaced = [area for area in areas if area.area_id not in places]
    each = 2 * (UNPLACED_RADIUS + 12)
    a_row = max(1, int((WIDTH - 2 * EDGE) // each))
    for area in areas:
        name, held = view.said.pick(area.name), all_of.get(area.area_id, 0)
        if area.area_id in places:
            place = places[area.area_id]
            x, y = scale.point(place.east, place.north)
            r = min(max(place.radius * scale.per_metre, RADIUS_MIN), RADIUS_MAX)
        else:
            row, column = divmod(unplaced.index(area), a_row)
            x, y = EDGE + each * (column + 0.5), height + EDGE + (each + 16) * row + UNPLACED_RADIUS
            r = UNPLACED_RADIUS
        more = held - min(len(by_area[area.area_id]), MARKS_PER_AREA_MAX)
        discs.append(
            Disc(
                area.area_id,
                name,
                x,
                y,
                r,
                area.area_id in places,
                held,
                more,
                area.area_id in places and y < height / 2,
            )
        )
    rows = math.ceil(len(unplaced) / a_row)
    high = math.ceil(height + (rows * (each + 16) + EDGE if rows else 0))
    return _labelled(discs, high), scale, high


def _labelled(discs: Sequence[Disc], height: int) -> list[Disc]:
    """Labels away from the middle of the drawing; on the other side where they would lie on another area's disc."""
    found = []
    for at, one in enumerate(discs):
        turned = replace(one, above=not one.above)
        others = [*discs[:at], *discs[at + 1 :]]
        crossed = any(each.covers(one.label_box) for each in others)
        free = not any(each.covers(turned.label_box) for each in others)
        _, top, _, bottom = turned.label_box
        found.append(turned if crossed and free and top >= 0 and bottom <= height else one)
    return found


def _marks(disc: Disc, permits: Sequence[Permit], scale: _Scale) -> list[Mark]:
    """A ticket that says where it is stands there; the others fill their area from its middle."""
    found = []
    step = min(MARK + 4.0, disc.r / math.sqrt(max(len(permits[:MARKS_PER_AREA_MAX]), 1)))
    for number, permit in enumerate(permits[:MARKS_PER_AREA_MAX]):
        if permit.spot is not None and scale.on_grid and disc.placed:
            x, y = scale.point(float(permit.spot.east_m), float(permit.spot.north_m))
        else:
            far = step * math.sqrt(number)
            x, y = disc.x + far * math.cos(number * TURN), disc.y + far * math.sin(number * TURN)
        found.append(Mark(permit, round(x, 1), round(y, 1)))
    return found
