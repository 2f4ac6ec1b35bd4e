"""What each type of ticket states of its work: the facts that its level and its gates go by."""

from __future__ import annotations

from schemas import limits
from schemas.fields import Dec, Flag, Ident, Int, Line, Strict, Word


class GeneralFacts(Strict):
    """General work states no facts of its own."""


class HotWorkFacts(Strict):
    """What decides the level (GB 30871-2022 5.1.1 to 5.1.4)."""

    in_fire_explosion_area = Flag(optional=True)
    in_bund = Flag()
    on_pipe_rack = Flag()
    equipment_running = Flag()
    holds_flammables = Flag()
    plant_shut_cleaned = Flag()
    outdoors = Flag()
    inside_confined_space = Flag()
    method = Word()
    second_supervisor = Ident(optional=True)  # at the top of the ladder on a holiday or at night (reading A10.3)
    wet_cutting = Flag(optional=True)
    material_may_be_released = Flag(optional=True)  # then continuous detection, any level (5.2.6)


class ConfinedSpaceFacts(Strict):
    volume_m3 = Dec("0.01", "1000000")
    medium = Line()
    depth_m = Dec("0", "1000", optional=True)
    wet_or_narrow = Flag()
    lighting_volts = Int(0, limits.VOLTS_MAX, optional=True)


FACTS: dict[str, type[Strict]] = {
    "general": GeneralFacts,
    "hot_work": HotWorkFacts,
    "confined_space": ConfinedSpaceFacts,
}
