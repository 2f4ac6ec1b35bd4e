"""Types of work 作业类型, one file each: levels and their derivation, who issues, validity, gas, signature lines.

To add one: its value in a file here and in TYPES; its facts in schemas/commands/ticket_facts.py; its lines and hazards
in a pack; its words in both catalogues; its standard job in tests/flow/standard_jobs.py and its vectors.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.seven_steps.board_ticket import Permit
from services.seven_steps.work_types.blind_plate import BLIND_PLATE
from services.seven_steps.work_types.confined_space import CONFINED_SPACE
from services.seven_steps.work_types.earthwork import EARTHWORK
from services.seven_steps.work_types.general import GENERAL
from services.seven_steps.work_types.height import HEIGHT
from services.seven_steps.work_types.hot_work import HOT_WORK
from services.seven_steps.work_types.lifting import LIFTING
from services.seven_steps.work_types.road_break import ROAD_BREAK
from services.seven_steps.work_types.site_work import HV_ELECTRICAL, LINE_BREAKING, RADIOGRAPHY
from services.seven_steps.work_types.temporary_power import TEMPORARY_POWER
from services.seven_steps.work_types.work_type import WorkType

TYPES: Mapping[str, WorkType] = {
    one.id: one
    for one in (
        HOT_WORK,
        CONFINED_SPACE,
        BLIND_PLATE,
        TEMPORARY_POWER,
        HEIGHT,
        LIFTING,
        EARTHWORK,
        ROAD_BREAK,
        GENERAL,
        LINE_BREAKING,
        RADIOGRAPHY,
        HV_ELECTRICAL,
    )
}

#: Who issues some type of work: a rung of its ladder.
ISSUERS = frozenset(role for work in TYPES.values() for role in work.ladder)


def type_of(permit: Permit) -> WorkType:
    return TYPES[permit.type]
