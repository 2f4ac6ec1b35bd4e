"""Closed vocabularies of the wire. Adding a value here is how a new role, ticket type or unit is let in.

They are repeated from the rules on purpose: the wire is a contract of its own. A test compares both.
"""

from __future__ import annotations

LANGUAGES = ("en", "zh-CN")
CLOCKS = ("real", "simulated")

ROLES = (
    "admin",
    "applicant",
    "work_lead",
    "worker",
    "guardian",
    "gas_tester",
    "briefer",
    "isol_auth",
    "power_auth",
    "cross_coord",
    "area_auth",
    "approver_unit",
    "approver_safety",
    "approver_head",
    "approver_dept",
    "shift_foreman",
    "hse",
    "device",
)
APPROVER_ROLES = ("approver_unit", "approver_safety", "approver_head", "approver_dept")
ISSUER_ROLES = (*APPROVER_ROLES, "power_auth")
CREW_ROLES = ("worker", "guardian")

PERMIT_TYPES = (
    "general",
    "hot_work",
    "confined_space",
    "height",
    "lifting",
    "blind_plate",
    "temporary_power",
    "earthwork",
    "road_break",
    "line_breaking",
    "radiography",
    "hv_electrical",
)
#: What may lie below ground, and whose owners agree to earthwork (GB 30871-2022 table B.1; telecom: the site's own).
SERVICES = ("water", "power", "steam", "process", "equipment", "fire", "safety", "telecom")
RADIATION_SOURCES = ("gamma", "x_ray")
LEVELS = ("special", "1", "2", "3", "I", "II", "III", "IV")
#: GB 30871-2022 8.1.2 a to i, and note 2 of table B.1.
HEIGHT_FACTORS = (
    "gust",
    "cold_air",
    "cold_water",
    "slippery",
    "poor_light",
    "live_parts",
    "poor_footing",
    "bad_air",
    "disaster",
)
HEIGHT_SITUATIONS = (
    "slope",
    "opening",
    "hazard_zone",
    "no_platform",
    "inside_vessel",
    "near_vent",
    "extreme_temperature",
    "snow",
    "rain",
    "night",
    "live_work",
    "suspended",
)
#: What bears on work outdoors beside the wind (GB 30871-2022 8.2.6, 9.2.4, table B.1).
WEATHER = ("rain", "heavy_rain", "snow", "heavy_snow", "dense_fog")
#: What is done to a blind: put in, taken out; both on one ticket is what G-BL-1 refuses.
BLIND_ACTIONS = ("insert", "remove", "insert_and_remove")
ASSESSMENT_METHODS = ("jsa", "5x5", "lec")
CONTROL_LEVELS = ("elimination", "substitution", "engineering", "administrative", "ppe")
PLAN_DOCUMENTS = ("hot_special_plan", "lifting_plan", "traffic_plan", "blind_map", "other")
ISOLATION_METHODS = ("spool_removed", "blind", "valve_closed", "water_seal", "power_locked", "earthed", "other")
BRIEFING_TOPICS = ("hazards", "measures", "emergency", "stop_work", "neighbours")
READ_BACK_ANSWERS = ("a", "b", "c")
MEASURE_ANSWERS = ("confirmed", "not_applicable", "not_in_place")
NODES = ("work_lead", "unit", "safety", "head", "dept", "power")
ENTRY_MODES = ("breathing_apparatus", "explosion_proof")
GUARDIAN_PLACES = ("outside", "at_work")
EQUIPMENT_KINDS = (
    "fire_extinguisher",
    "rescue_kit",
    "communication",
    "lighting",
    "lifting_gear",
    "trial_lift",
    "exclusion_zone",
    "upstream_locked",
    "leakage_protector",
    "supply_removed",
)
#: What of a ticket may change: the first four ask for a new ticket (GB 30871-2022 4.16), the others also for a new
#: analysis of hazards (4.17).
TICKET_CHANGES = ("content", "scope", "place", "time", "process", "conditions", "method", "environment")
TICKET_PARTS_KEPT = ("crew", "assessment", "plan")
#: What a ticket's work may do to its neighbours, whatever its type; and what a coordination of two tickets may agree.
ACTIVITIES = (
    "gas_release",
    "liquid_release",
    "solvent_or_painting",
    "dust_sweeping",
    "tank_draining",
    "combustion_engine",
    "heavy_plant",
)
COORDINATION_MEASURES = (
    "barrier",
    "double_barrier",
    "continuous_gas_both",
    "edge_checked",
    "co_monitor",
    "slewing_order",
)
SUSPEND_CAUSES = ("suspension", "weather")
TELEMETRY_KINDS = ("heartbeats", "positions", "gas", "video")
SIGNAL_KINDS = ("gas_stream", "video", "position", "heartbeat")
SIGNAL_STATES = ("alive", "lost")
SIGNAL_LOSSES = ("silent", "outside", "stopped")
PURGED = ("documents", "videos")
AUDITED = ("live", "closed", "all")
SEVERITIES = ("minor", "major", "critical")
SEAL_KINDS = ("permit", "closure", "status")
SEAL_LEVELS = ("B-B", "B-T", "B-LT", "B-LTA")
PASSKEY = "passkey"
KEYED_MEANS = (PASSKEY, "device_key")
MEANS = (*KEYED_MEANS, "attested", "service")
VERDICTS = ("accepted", "refused")
STEPS_TO_SEND_BACK_TO = (1, 2, 3)
COPIES = (1, 2, 3)

# ---- gas -----------------------------------------------------------------------------------------------------------
PERCENT_VOLUME = "%vol"
PERCENT_LEL = "%LEL"
PPM = "ppm"
MG_PER_M3 = "mg/m3"
GAS_UNITS = (PERCENT_VOLUME, PERCENT_LEL, PPM, MG_PER_M3)

#: The highest value that a unit can mean; an instrument may show %LEL above 100, not above this.
UNIT_MAX = {PERCENT_VOLUME: "100", PERCENT_LEL: "500", PPM: "1000000", MG_PER_M3: "10000000"}

OXYGEN = frozenset({"oxygen"})
#: Judged against GBZ 2.1 in mg/m3 (reading A10.7); %vol of these is no unit anybody measures them in.
TOXIC = frozenset({"hydrogen_sulfide", "chlorine", "carbon_monoxide", "ammonia"})
COMBUSTIBLE = frozenset(
    {"methane", "propane", "butane", "hydrogen", "benzene", "toluene", "methanol", "ethylene", "pentane", "hexane"}
    | {"gasoline"}
)


def units_of(gas: str) -> tuple[str, ...]:
    """The units that fit this gas; all of them for a gas this list does not know: the rules say it is no evidence."""
    if gas in OXYGEN:
        return (PERCENT_VOLUME,)
    if gas in TOXIC:
        return (PPM, MG_PER_M3)
    if gas in COMBUSTIBLE:
        return (PERCENT_VOLUME, PERCENT_LEL, PPM)
    return GAS_UNITS


PLAN_MARKS = ("warn", "note", "good")
