"""What stands on `outcomes` is what the schemas say: events of a whole job, and records of the real stack."""

from __future__ import annotations

import json

import pytest

from schemas.errors import flattened
from schemas.outcomes import EVENTS, BodyV1, EnvelopeV1
from services.log import OUTCOMES
from tests.flow import walk
from tests.flow.world import JOB, PIT, World, text
from tests.support.stack import Stack, new_id


def interrupted() -> World:
    """What a good day has not: a stop, a hand-over, an expiry, an emergency."""
    w = walk.active()
    w.do("cutter", "stop_work", job_id=JOB)
    w.do("safety", "clear_stop", {"result": text("the hose was replaced")}, job_id=JOB)
    w.do("watch", "guardian_off", job_id=JOB, permit_id=PIT)
    w.do("mate", "record_found_inside", {"person_id": "mate"}, job_id=JOB, permit_id=PIT)
    w.do("mate", "record_concern", {"what": text("no light")}, job_id=JOB)
    w.do("foreman", "declare_emergency", {"reason": text("gas alarm")})
    w.do("foreman", "end_emergency", {"reason": text("over")})
    w.do("area", "record_change", {"what": text("wind has turned")}, job_id=JOB)
    w.do("mate", "leave", {"person_id": "mate"}, job_id=new_id(), permit_id=new_id())
    w.later(hours=30)
    w.do("service:timekeeper", "expire_ticket", job_id=JOB, permit_id=PIT)
    w.do("area", "void_ticket", {"reason": text("over")}, job_id=JOB, permit_id=PIT)
    return w


@pytest.mark.parametrize("world", [walk.closed, interrupted], ids=["a whole job", "an interrupted one"])
def test_every_event_fits_the_schema_of_its_type(world: object) -> None:
    wrong = []
    met = set()
    for outcome in world().outcomes:  # type: ignore[operator]
        for event in outcome.events:
            met.add(event.type)
            data = json.loads(json.dumps(dict(event.data)))
            said = flattened(EVENTS[event.type, event.version]().validate(data))
            wrong += [(event.type, said)] if said else []
    assert wrong == []
    assert len(met) > 10


@pytest.mark.asyncio(loop_scope="session")
async def test_every_record_on_the_log_fits_envelope_and_body(stack: Stack) -> None:
    lead = await stack.signed_in("work_lead")
    await lead.send("stop_work", {}, job_id=new_id())
    await lead.send("assess", {"permits": [new_id()]}, job_id=new_id())
    records = 0
    for partition in range(stack.gateway.log.partitions(OUTCOMES)):
        for record in await stack.gateway.log.read(OUTCOMES, partition, 0):
            envelope, _, body = record.value.partition(b"\n")
            assert flattened(EnvelopeV1().validate(json.loads(envelope))) == {}
            assert flattened(BodyV1().validate(json.loads(body))) == {}
            records += 1
    assert records > 20
