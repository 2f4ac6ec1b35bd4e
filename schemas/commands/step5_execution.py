"""Step 5, execution 作业实施: guardian, start, in and out, interruption, stop."""

from __future__ import annotations

from schemas import limits, words
from schemas.commands.base import OPTIONAL, Payload, command, of_job, of_permit
from schemas.fields import CrewMember, Flag, Ident, Instant, Int, Line, Many, MapOf, OneOf, Part, Strict, Word, text


@of_permit("guardian_on")
class GuardianOn(Payload):
    place = OneOf(words.GUARDIAN_PLACES)


@of_permit("guardian_off")
class GuardianOff(Payload):
    reason = text(optional=True)


@of_permit("offer_guardian_handover")
class OfferGuardianHandover(Payload):
    to = Ident()


@of_permit("take_guardian_handover")
class TakeGuardianHandover(Payload):
    place = OneOf(words.GUARDIAN_PLACES)


class EquipmentItem(Strict):
    kind = OneOf(words.EQUIPMENT_KINDS)
    ok = Flag()
    count = Int(0, limits.TOOL_COUNT_MAX, optional=True)
    volts = Int(0, limits.VOLTS_MAX, optional=True)


@of_permit("check_equipment")
class CheckEquipment(Payload):
    items = Many(Part(EquipmentItem), limits.EQUIPMENT_ITEMS_MAX, low=1)


@of_permit("record_monitor")
class RecordMonitor(Payload):
    instrument_id = Ident()
    running = Flag()


@of_permit("start")
class Start(Payload):
    """`unchanged`: the work lead's statement that scope, place and method are those of the ticket (G-RUN-3)."""

    unchanged = Flag()


def _tools() -> MapOf:
    return MapOf(Line(), Int(0, limits.TOOL_COUNT_MAX), limits.TOOLS_MAX, optional=True)


@of_permit("enter")
class Enter(Payload):
    """`mode`: how somebody goes into a space that can't be brought within limits (GB 30871-2022 6.6)."""

    person_id = Ident()
    tools = _tools()
    mode = OneOf(words.ENTRY_MODES, optional=True)


@of_permit("approve_special_entry")
class ApproveSpecialEntry(Payload):
    mode = OneOf(words.ENTRY_MODES)
    reason = text()


@of_permit("leave")
class Leave(Payload):
    person_id = Ident()
    tools = _tools()


@of_permit("record_found_inside")
class RecordFoundInside(Payload):
    person_id = Ident()


@of_permit("interrupt")
class Interrupt(Payload):
    reason = text()


@of_permit("suspend")
class Suspend(Payload):
    cause = OneOf(words.SUSPEND_CAUSES)
    reason = text()


@of_permit("resume")
class Resume(Payload):
    unchanged = Flag()


@of_permit("revalidate")
class Revalidate(Payload):
    """A ticket goes on into the next shift; `unchanged` as at a resume (G-RUN-3)."""

    valid_to = Instant()
    unchanged = Flag()


@command("stop_work", job=OPTIONAL, permit=OPTIONAL)
class StopWork(Payload):
    reason = text(optional=True)


@command("clear_stop", job=OPTIONAL, permit=OPTIONAL)
class ClearStop(Payload):
    result = text()


@of_permit("change_crew")
class ChangeCrew(Payload):
    add = Many(Part(CrewMember), limits.CREW_MAX)
    remove = Many(Ident(), limits.CREW_MAX, unique=True)


@of_permit("complete")
class Complete(Payload):
    pass


@of_job("add_personal_lock")
class AddPersonalLock(Payload):
    """One's own lock, on an isolation that is on."""

    point_id = Ident()
    lock_no = Word()


@of_job("remove_personal_lock")
class RemovePersonalLock(Payload):
    """One's own lock: nobody else takes it off (29 CFR 1910.147(e)(3))."""

    point_id = Ident()


@of_job("remove_absent_owners_lock")
class RemoveAbsentOwnersLock(Payload):
    """The recorded procedure of 1910.147(e)(3): off the site, every effort to reach them, told before they return."""

    point_id = Ident()
    person_id = Ident()
    verified_off_site = text()
    reached_how = text()
    told_before_return = text()
