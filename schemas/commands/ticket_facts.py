"""What each type of ticket states of its work: the facts that its level and its gates go by."""

from __future__ import annotations

from schemas import limits, words
from schemas.fields import Dec, Flag, Ident, Int, Line, Many, OneOf, Strict, Uuid, Word


class GeneralFacts(Strict):
    """General work states only what would make it another work: what it lifts (reading A10.15)."""

    lift_t = Dec("0.001", "10000", optional=True)
    fixed_crane = Flag(optional=True)


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
    oxygen_equipment = Flag(optional=True)  # then the oxygen inside is tested too (5.2.7)
    material_may_be_released = Flag(optional=True)  # then continuous detection, any level (5.2.6)


class ConfinedSpaceFacts(Strict):
    volume_m3 = Dec("0.01", "1000000")
    medium = Line()
    depth_m = Dec("0", "1000", optional=True)
    wet_or_narrow = Flag()
    lighting_volts = Int(0, limits.VOLTS_MAX, optional=True)


class HeightFacts(Strict):
    """What decides the level (GB 30871-2022 8.1.2, note 2 of table B.1). An empty list: none of them."""

    height_m = Dec("0", "1000")
    factors = Many(OneOf(words.HEIGHT_FACTORS), len(words.HEIGHT_FACTORS), unique=True)
    situations = Many(OneOf(words.HEIGHT_SITUATIONS), len(words.HEIGHT_SITUATIONS), unique=True)
    outdoors = Flag()
    inside_confined_space = Flag()
    live_part_kv = Dec("0", "1500", optional=True)  # the nearest bare live part, and how far it is (table 1 of 8.1.2)
    live_part_m = Dec("0", "100", optional=True)


class LiftingFacts(Strict):
    """What decides the level (9.1), the plan (9.2.1, 9.2.2) and the load of each crane (9.2.7, 9.2.10 c)."""

    mass_t = Dec("0.001", "10000")
    load_name = Line()
    gear = Line()
    cranes = Int(1, limits.CRANES_MAX)
    highest_load_percent = Dec("0", "200")  # of its rated capacity, of the crane that carries the highest share
    special_conditions = Flag()  # odd shape, slender, weak, precious, or hard conditions (9.2.1)
    near_hazardous = Flag()
    outdoors = Flag()
    radius_m = Dec("0", "500", optional=True)  # how far load and jib reach (9.2.12); not said: the site's number


class BlindPlateFacts(Strict):
    """One blind, one action; a ticket that states more is kept as stated and shuts G-BL-1 (GB 30871-2022 7.11)."""

    action = OneOf(words.BLIND_ACTIONS)
    blinds = Many(Word(), limits.BLINDS_MAX, low=1, unique=True)  # their numbers on the map
    pipe = Word()  # tag of the line
    pipe_medium = Line()
    temperature_c = Dec("-273", "2000")
    pressure_mpa = Dec("-0.1", "500")  # gauge, before the work
    toxic = Flag()
    corrosive = Flag()
    in_fire_explosion_area = Flag()
    blind_material = Word(optional=True)
    blind_size = Word(optional=True)


class TemporaryPowerFacts(Strict):
    source_point = Line()
    voltage_v = Int(1, limits.VOLTS_MAX)
    load_kw = Dec("0", "100000")
    consumers = Line()  # what is fed, with rated power
    in_fire_explosion_area = Flag()
    for_hot_work_or_confined_space = Flag()
    for_ticket = Uuid(optional=True)  # the ticket whose time is also this one's (10.8)
    special_reason = Line(optional=True)  # why longer than usual (10.8)


class EarthworkFacts(Strict):
    """What makes it earthwork (GB 30871-2022 3.11), what lies below, and how it is dug (11.5 to 11.7, 11.10)."""

    depth_m = Dec("0", "100")
    heavy_machines = Flag()
    hazardous_accumulation_possible = Flag()
    buried_services = Many(OneOf(words.SERVICES), len(words.SERVICES), unique=True)
    nearest_service_m = Dec("0", "1000", optional=True)
    hand_dig = Flag()
    spoil_distance_m = Dec("0", "1000")
    spoil_height_m = Dec("0", "100")
    ladder = Flag()


class RoadBreakFacts(Strict):
    """How the road is closed (GB 30871-2022 12.1 to 12.4); lamps where it is dark or the weather bad."""

    road = Line()
    fire_engine_access = Flag()
    signs_placed = Flag()
    traffic_director = Flag()
    bad_weather = Flag()
    lamp_height_m = Dec("0", "10", optional=True)
    lamp_visible_m = Dec("0", "10000", optional=True)


class LineBreakingFacts(Strict):
    medium = Line()
    line_no = Line()


class RadiographyFacts(Strict):
    """Nobody is within the barrier while the source is out."""

    source = OneOf(words.RADIATION_SOURCES)
    barrier_m = Dec("1", "10000")


class HvElectricalFacts(Strict):
    voltage_kv = Dec("0.1", "1000")
    person_in_charge = Ident()


FACTS: dict[str, type[Strict]] = {
    "general": GeneralFacts,
    "hot_work": HotWorkFacts,
    "confined_space": ConfinedSpaceFacts,
    "height": HeightFacts,
    "lifting": LiftingFacts,
    "blind_plate": BlindPlateFacts,
    "temporary_power": TemporaryPowerFacts,
    "earthwork": EarthworkFacts,
    "road_break": RoadBreakFacts,
    "line_breaking": LineBreakingFacts,
    "radiography": RadiographyFacts,
    "hv_electrical": HvElectricalFacts,
}
