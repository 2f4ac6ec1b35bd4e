"""Simultaneous operations 交叉作业: which work may not, or only when coordinated, go on beside which other work.

Each row of the matrix is one value. A row is about two tickets; which of them is `a` and which `b` is tried both ways.
Distances are numbers of the rule packs. A fact that is not stated counts on the safe side: the place is taken as near,
a reach as the site's policy has it, a height as needing the stronger measure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from services.seven_steps import grid
from services.seven_steps.board import Board
from services.seven_steps.board_index import points_of
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Area
from services.seven_steps.board_ticket import Permit
from services.seven_steps.rules import Bound, Rules

PROHIBIT, CONDITIONAL = "prohibit", "conditional"
GB = "GB 30871-2022"


@dataclass(frozen=True, slots=True)
class Side:
    """A ticket with its job and area. where: the circle it is surely in, None if that is not known."""

    permit: Permit
    job: Job
    area: Area | None
    where: grid.Where | None

    def fact(self, name: str) -> Decimal | None:
        """A decimal fact of the ticket, None if it is not stated."""
        stated = self.permit.facts.get(name)
        return None if stated is None else Decimal(stated)


@dataclass(frozen=True, slots=True)
class Found:
    """A condition that holds. have: how near, or what is shared; need: what would be enough; pack: whose number."""

    have: str
    need: str
    pack: str = ""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two tickets as a row looks at them."""

    a: Side
    b: Side
    board: Board
    rules: Rules

    def number(self, name: str) -> Bound:
        found = self.rules.bound(name, self.board)
        assert found is not None, f"no pack of the site has {name}"
        return found

    @property
    def one_area(self) -> bool:
        return self.a.permit.area_id == self.b.permit.area_id

    def nearer_than(self, reach_m: Decimal) -> str | None:
        """How far apart they may be at least, if that is within reach_m; None if it is not, or not known to be.

        Two tickets of one area are at distance 0 until both have a place; of two areas without a place nobody knows.
        """
        one, other = self.a.where, self.b.where
        if one is None or other is None:
            return "0 m" if self.one_area else None
        return grid.shown(one, other) if grid.within(one, other, reach_m) else None

    def parted(self) -> bool:
        """A solid deck lies between; of two areas each must have recorded one."""
        areas = {side.area.area_id: side.area for side in (self.a, self.b) if side.area is not None}
        spots = self.a.permit.spot, self.b.permit.spot
        return bool(areas) and all(grid.parted(*spots, area.decks) for area in areas.values())


Predicate = Callable[[Side], bool]
Condition = Callable[[Pair], Found | None]


def nothing_more(_pair: Pair) -> tuple[str, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Clash:
    """One row.

    a, b:      what the two tickets must be for the row to be about them
    condition: when it hits, with how near and what would be enough
    result:    PROHIBIT, or CONDITIONAL: only with a coordination (GB 30871-2022 4.7)
    asks:      measures that a coordination must have agreed, by their word
    another:   true if it is only about tickets of two different jobs
    screened:  true if a solid deck between the two ends it ("above and below", reading A10.13)
    """

    id: str
    a: Predicate
    b: Predicate
    condition: Condition
    result: str
    source: str
    asks: Callable[[Pair], tuple[str, ...]] = field(default=nothing_more)
    another: bool = False
    screened: bool = False

    @property
    def word(self) -> str:
        """Its key in the catalogues: `clash_sm_01`."""
        return f"clash_{self.id.lower().replace('-', '_')}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that hits: the ticket asked about, the other one, how near they are and what would be enough.

    asks: measures that a coordination of the two must have agreed; a, b: the two tickets as the row has them
    """

    row: Clash
    other: Permit
    have: str
    need: str
    pack: str
    asks: tuple[str, ...]
    a: str
    b: str


# ---- what a ticket is ----------------------------------------------------------------------------------------------


def of_type(*types: str) -> Predicate:
    return lambda side: side.permit.type in types


def does(*activities: str) -> Predicate:
    return lambda side: any(one in side.permit.activities for one in activities)


def either(*predicates: Predicate) -> Predicate:
    return lambda side: any(holds(side) for holds in predicates)


def anything(_side: Side) -> bool:
    return True


hot = of_type("hot_work")
lifting = of_type("lifting")
blind = of_type("blind_plate")
confined = of_type("confined_space")


def explosive(side: Side) -> bool:
    """In a fire-explosion area; an area nobody registered is taken as one."""
    return side.area is None or side.area.fire_explosion or bool(side.permit.facts.get("in_fire_explosion_area"))


def blind_in_explosive_area(side: Side) -> bool:
    return blind(side) and explosive(side)


def hot_in_bund(side: Side) -> bool:
    return hot(side) and (bool(side.permit.facts.get("in_bund")) or (side.area is not None and side.area.bund))


def inside_space(side: Side) -> bool:
    return confined(side) or bool(side.permit.facts.get("inside_confined_space"))


def hot_inside_space(side: Side) -> bool:
    return hot(side) and inside_space(side)


def other_than_lifting(side: Side) -> bool:
    return not lifting(side)


def heavy_plant(side: Side) -> bool:
    """A crane, machines that dig, or whatever states that it is heavy."""
    digs = side.permit.type == "earthwork" and bool(side.permit.facts.get("heavy_machines"))
    return lifting(side) or digs or "heavy_plant" in side.permit.activities


def on_isolation(side: Side) -> bool:
    return bool(points_of(side.job))


# ---- when a row hits -----------------------------------------------------------------------------------------------


def within(name: str) -> Condition:
    """At most a number of the packs apart, that distance included (reading A10.1)."""

    def holds(pair: Pair) -> Found | None:
        bound = pair.number(name)
        return _near(pair, bound.value, bound.pack)

    return holds


def within_own(fact: str, unstated: str) -> Condition:
    """Within what the ticket `a` states of its own reach; where it states none, a number of the packs."""

    def holds(pair: Pair) -> Found | None:
        reach, pack = own_reach(pair, pair.a, fact, unstated)
        return _near(pair, reach, pack)

    return holds


def own_reach(pair: Pair, side: Side, fact: str, unstated: str) -> tuple[Decimal, str]:
    stated = side.fact(fact)
    if stated is not None:
        return stated, ""
    bound = pair.number(unstated)
    return bound.value, bound.pack


def _near(pair: Pair, reach: Decimal, pack: str) -> Found | None:
    have = pair.nearer_than(reach)
    return None if have is None else Found(have, f"> {reach:f} m", pack)


def radii_overlap(pair: Pair) -> Found | None:
    one, pack = own_reach(pair, pair.a, "radius_m", "load_radius_unstated")
    other, other_pack = own_reach(pair, pair.b, "radius_m", "load_radius_unstated")
    return _near(pair, one + other, pack or other_pack)


def below_in_fall_line(pair: Pair) -> Found | None:
    """`b` is below `a`, or that is not known, and within what falls from it may reach."""
    above, under = pair.a.permit.spot, pair.b.permit.spot
    known = above is not None and under is not None and None not in (above.elevation_m, under.elevation_m)
    if known and above.elevation_m <= under.elevation_m:  # type: ignore[union-attr,operator]
        return None
    return within("fall_radius")(pair)


def same_area(pair: Pair) -> Found | None:
    return Found(":one_area", ":another_area") if pair.one_area else None


def same_space(pair: Pair) -> Found | None:
    """One space: both inside for one job, or one place, one piece of equipment, or one spot of an area."""
    one, other = pair.a.permit, pair.b.permit
    together = one.job_id == other.job_id and inside_space(pair.b)
    named = one.place == other.place or (one.equipment_tag != "" and one.equipment_tag == other.equipment_tag)
    spotted = one.spot is not None and other.spot is not None and pair.nearer_than(Decimal(0)) is not None
    if not together and not (pair.one_area and (named or spotted)):
        return None
    return Found(":one_space", ":another_time")


def same_pipe(pair: Pair) -> Found | None:
    """Of a pipe that is not stated nobody knows that it is another one, in one area."""
    one, other = (str(side.permit.facts.get("pipe") or "") for side in (pair.a, pair.b))
    same = one == other if one and other else pair.one_area
    return Found(f":one_pipe {one or other}".rstrip(), ":another_time") if same else None


def isolation_conflict(pair: Pair) -> Found | None:
    """One wants a point in another state than the other; a point both want alike is shared, each with its own lock."""
    one, other = _states(pair.a.job), _states(pair.b.job)
    for point in sorted(one.keys() & other.keys()):
        if one[point] != other[point]:
            return Found(f":isolation_state {_tag(pair, point)}", ":one_state")
    return _blind_taken_away(pair)


def _blind_taken_away(pair: Pair) -> Found | None:
    """`a` takes out the blind that keeps `b` isolated."""
    facts = pair.a.permit.facts
    if not blind(pair.a) or facts.get("action") == "insert":
        return None
    named = {pair.a.permit.equipment_tag, str(facts.get("pipe") or ""), *facts.get("blinds", ())} - {""}
    for point in sorted(points_of(pair.b.job)):
        if named & {point, _tag(pair, point)}:
            return Found(f":isolation_state {_tag(pair, point)}", ":one_state")
    return None


def _states(job: Job) -> dict[str, str]:
    """The state each point has, or shall have, for this job: what is applied counts before what is planned."""
    planned = {one.point_id: one.method for one in job.plan.isolations} if job.plan else {}
    return planned | {one.point_id: one.method for one in job.isolations.values() if one.removed is None}


def _tag(pair: Pair, point_id: str) -> str:
    point = pair.board.isolation_points.get(point_id)
    return point.tag if point is not None else point_id


def different_contractors(pair: Pair) -> Found | None:
    """Crews of two employers in one area; the site's own people are one of them."""
    one, other = pair.a.job.contractor_id, pair.b.job.contractor_id
    return Found(":two_contractors", ":one_coordinator") if pair.one_area and one != other else None


# ---- what a coordination must agree --------------------------------------------------------------------------------


def agreed(*measures: str) -> Callable[[Pair], tuple[str, ...]]:
    return lambda _pair: measures


def fall_barrier(pair: Pair) -> tuple[str, ...]:
    """A protective layer, above the number a double one; a height nobody states is taken as above it (8.2.8)."""
    above, under = pair.a.permit.spot, pair.b.permit.spot
    heights = [pair.a.fact("height_m")]
    if above is not None and under is not None and above.elevation_m is not None and under.elevation_m is not None:
        heights.append(above.elevation_m - under.elevation_m)
    known = [height for height in heights if height is not None]
    single = known and max(known) <= pair.number("fall_height_single_barrier").value
    return ("barrier",) if single else ("double_barrier",)


# ---- the matrix ----------------------------------------------------------------------------------------------------

GAS_RELEASE = Clash("SM-01", hot, does("gas_release"), within("flammable_gas_distance"), PROHIBIT, f"{GB} 5.2.9")
LIQUID_RELEASE = Clash(
    "SM-02", hot, does("liquid_release"), within("flammable_liquid_distance"), PROHIBIT, f"{GB} 5.2.9"
)
SOLVENT_OR_DUST = Clash(
    "SM-03",
    hot,
    does("solvent_or_painting", "dust_sweeping"),
    within("solvent_and_dust_distance"),
    PROHIBIT,
    f"{GB} 5.2.9",
    screened=True,
)
BLIND_NEAR_HOT = Clash("SM-04", hot, blind_in_explosive_area, within("blind_hot_work_distance"), PROHIBIT, f"{GB} 7.6")
TANK_DRAINING = Clash("SM-05", hot_in_bund, does("tank_draining"), same_area, PROHIBIT, f"{GB} 5.2.8")
PAINTING_INSIDE = Clash("SM-06", hot_inside_space, does("solvent_or_painting"), same_space, PROHIBIT, f"{GB} 6.7")
SAME_PIPE = Clash("SM-07", blind, blind, same_pipe, PROHIBIT, f"{GB} 7.10")
FALL_LINE = Clash(
    "SM-08",
    of_type("height"),
    anything,
    below_in_fall_line,
    CONDITIONAL,
    f"{GB} 8.2.8",
    asks=fall_barrier,
    screened=True,
)
LOAD_PATH = Clash(
    "SM-09",
    lifting,
    other_than_lifting,
    within_own("radius_m", "load_radius_unstated"),
    PROHIBIT,
    f"{GB} 9.2.12",
)
OTHER_SPACE = Clash(
    "SM-10",
    hot,
    confined,
    within("hot_confined_distance"),
    CONDITIONAL,
    "Policy (SIMOPS matrix)",
    asks=agreed("continuous_gas_both"),
    another=True,
)
RADIATION = Clash(
    "SM-11",
    of_type("radiography"),
    anything,
    within_own("barrier_m", "radiation_barrier_unstated"),
    PROHIBIT,
    "Policy (SIMOPS matrix)",
)
SURCHARGE = Clash(
    "SM-12",
    of_type("earthwork"),
    heavy_plant,
    within_own("depth_m", "excavation_depth_unstated"),
    CONDITIONAL,
    "Policy (SIMOPS matrix)",
    asks=agreed("edge_checked"),
)
ENGINE_FUMES = Clash(
    "SM-13",
    confined,
    does("combustion_engine"),
    within("engine_confined_distance"),
    CONDITIONAL,
    "Policy (SIMOPS matrix)",
    asks=agreed("co_monitor"),
)
CRANES = Clash(
    "SM-14", lifting, lifting, radii_overlap, CONDITIONAL, "Policy (SIMOPS matrix)", asks=agreed("slewing_order")
)
ISOLATION_STATE = Clash(
    "SM-15",
    either(on_isolation, blind),
    on_isolation,
    isolation_conflict,
    PROHIBIT,
    "Policy (SIMOPS matrix)",
    another=True,
)
CONTRACTORS = Clash("SM-16", anything, anything, different_contractors, CONDITIONAL, f"{GB} 4.7", another=True)

MATRIX: tuple[Clash, ...] = (
    GAS_RELEASE,
    LIQUID_RELEASE,
    SOLVENT_OR_DUST,
    BLIND_NEAR_HOT,
    TANK_DRAINING,
    PAINTING_INSIDE,
    SAME_PIPE,
    FALL_LINE,
    LOAD_PATH,
    OTHER_SPACE,
    RADIATION,
    SURCHARGE,
    ENGINE_FUMES,
    CRANES,
    ISOLATION_STATE,
    CONTRACTORS,
)
PROHIBITING = tuple(row for row in MATRIX if row.result == PROHIBIT)
COORDINATED = tuple(row for row in MATRIX if row.result == CONDITIONAL)
#: The numbers that say how near two tickets are looked for at least.
DISTANCES = (
    "flammable_gas_distance",
    "flammable_liquid_distance",
    "solvent_and_dust_distance",
    "blind_hot_work_distance",
    "hot_confined_distance",
    "engine_confined_distance",
    "fall_radius",
    "load_radius_unstated",
    "radiation_barrier_unstated",
    "excavation_depth_unstated",
)
#: What a coordination may agree, by its word.
MEASURES = (
    "barrier",
    "double_barrier",
    "continuous_gas_both",
    "edge_checked",
    "co_monitor",
    "slewing_order",
)
#: What a ticket's work may do to its neighbours, whatever its type.
ACTIVITIES = (
    "gas_release",
    "liquid_release",
    "solvent_or_painting",
    "dust_sweeping",
    "tank_draining",
    "combustion_engine",
    "heavy_plant",
)
