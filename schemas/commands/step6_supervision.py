"""Step 6, supervision 检查监督: checks while the work runs, the end of the fire watch, acceptance."""

from __future__ import annotations

from schemas.commands.base import Payload, of_job, of_permit
from schemas.fields import Flag, Ident, Line, text


@of_permit("record_check")
class RecordCheck(Payload):
    item = Line()
    ok = Flag()
    finding = text(optional=True)


@of_permit("record_restoration")
class RecordRestoration(Payload):
    site_restored = Flag()
    guards_back = Flag()
    cleaned = Flag()


@of_permit("end_fire_watch")
class EndFireWatch(Payload):
    no_residual_fire = Flag()


@of_job("remove_isolation")
class RemoveIsolation(Payload):
    point_id = Ident()


@of_permit("accept")
class Accept(Payload):
    pass
