"""Commands about the site as a whole: instruments tried, wind, changes, emergencies, concerns, alarms."""

from __future__ import annotations

from schemas import words
from schemas.commands.base import OPTIONAL, REQUIRED, Payload, command
from schemas.fields import Code, Dec, Flag, Ident, Line, Many, OneOf, Uuid, text


@command("record_bump_test")
class RecordBumpTest(Payload):
    instrument_id = Ident()
    passed = Flag()


@command("record_wind")
class RecordWind(Payload):
    """`weather`: what there is of it; an empty list says that there is none of it, left out says nothing."""

    area_id = Ident(optional=True)
    mean_m_s = Dec("0", "100")
    gust_m_s = Dec("0", "150")
    weather = Many(OneOf(words.WEATHER), len(words.WEATHER), unique=True, optional=True)


@command("record_change", job=OPTIONAL)
class RecordChange(Payload):
    """A change of process or conditions (GB 30871-2022 4.17), of an area or, by the envelope, of a job."""

    area_id = Ident(optional=True)
    what = text()


@command("hand_over_shift")
class HandOverShift(Payload):
    """The outgoing foreman: what goes on in the area, and the state of the plant."""

    area_id = Ident()
    live_work = text()
    plant_state = text()


@command("accept_shift")
class AcceptShift(Payload):
    """The incoming foreman takes over what that hand-over says."""

    area_id = Ident()
    handover_id = Ident()


@command("declare_emergency")
class DeclareEmergency(Payload):
    area_id = Ident(optional=True)
    reason = text()


@command("end_emergency")
class EndEmergency(Payload):
    area_id = Ident(optional=True)
    reason = text()


@command("record_concern", job=OPTIONAL, permit=OPTIONAL)
class RecordConcern(Payload):
    what = text()


@command("acknowledge_alarm", job=OPTIONAL, permit=OPTIONAL)
class AcknowledgeAlarm(Payload):
    alarm_id = Ident()


@command("close_alarm", job=OPTIONAL, permit=OPTIONAL)
class CloseAlarm(Payload):
    alarm_id = Ident()
    result = text()


@command("raise_alarm", job=REQUIRED, permit=OPTIONAL)
class RaiseAlarm(Payload):
    code = Code()
    what = Line()


@command("clear_late_arrival")
class ClearLateArrival(Payload):
    late_command_id = Uuid()
    result = text()
