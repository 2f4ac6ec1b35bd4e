"""The demo's site registered on the pure core, ready for a scenario."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from services.desk import scenario, site_setup
from services.desk.demo_site import read_cast, site_like
from services.desk.player import Answer
from services.desk.scenario import Names, Scenario
from services.desk.site_diff import KnownPeople, differences
from services.desk.site_file import SiteFile
from tests.demo.pure_stage import PureStage

NO_SCENARIO = Scenario("", "", {}, ())


def people_of(file: SiteFile) -> dict[str, str]:
    return {row["works_no"]: str(uuid.uuid4()) for row in file.people}


def names_of(file: SiteFile, people: Mapping[str, str], script: Scenario = NO_SCENARIO) -> Names:
    return Names(file.site_id, file.site["zone"], people, script)


def begun(file: SiteFile, people: Mapping[str, str]) -> PureStage:
    """A site with its first records and its first administrator."""
    stage = PureStage(file.site_id, people)
    names = names_of(file, people)
    admin = site_setup.administrator(file)
    person = site_setup.person_payload(admin, people[admin["works_no"]]) | {"vault_sha256": "0" * 64}
    for type_, payload in site_setup.first_records(file, person):
        assert stage.decided(site_setup.SERVICE, names.command(type_, payload), means="service").status == 200
    return stage


def load(stage: PureStage, file: SiteFile, in_vault: frozenset[str] = frozenset()) -> list[str]:
    """Send what the board lacks, as the administrator; the lines of the dry run."""
    names = names_of(file, stage.people)
    found = differences(file, stage.board, KnownPeople(stage.people, in_vault))
    for difference in found:
        payload = dict(difference.payload)
        if difference.person is not None:
            payload["vault_sha256"] = "0" * 64
        answer = stage.decided(stage.people["admin"], names.command(difference.type, payload))
        assert answer == Answer(200, answer.body), (difference.what, answer)
    return [difference.line() for difference in found]


def demo_stage(script_name: str) -> tuple[PureStage, Names, Scenario]:
    script = scenario.read(script_name)
    cast = read_cast()
    file = site_like(cast, cast.site_id, 0, script.policies)
    people = people_of(file)
    stage = begun(file, people)
    load(stage, file)
    return stage, names_of(file, people, script), script
