"""Commands of the site's registry: who and what there is, and what they may do."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import limits, words
from schemas.commands.base import Payload, command
from schemas.fields import (
    Base64Url,
    ClockTime,
    Code,
    Day,
    Dec,
    Flag,
    Ident,
    Instant,
    Int,
    KeyId,
    Line,
    Many,
    MapOf,
    OneOf,
    PackName,
    Part,
    Sha256,
    SiteCode,
    Strict,
    Word,
    elevation_m,
    grid_m,
    names,
    text,
)


@command("register_site")
class RegisterSite(Payload):
    name = names()
    code = SiteCode()
    zone = Line()
    clock = OneOf(words.CLOCKS)
    packs = Many(PackName(), limits.PACKS_MAX, low=1, unique=True)
    emergency_number = Word()
    muster_point = names()
    starts_at = Instant(optional=True)

    @validates_schema
    def only_a_simulated_clock_starts_anywhere(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("clock") == "real" and "starts_at" in data:
            raise ValidationError("Only a simulated clock starts at a time of choice.", "starts_at")


class Position(Strict):
    lat = Dec("-90", "90")
    lon = Dec("-180", "180")
    radius_m = Dec("1", "10000")


class FixedHotWork(Strict):
    """A fixed hot-work area: its conditions hold, and the day it was reviewed (GB 30871-2022 5.5)."""

    conditions_confirmed = Flag()
    reviewed_on = Day()


class GridCircle(Strict):
    """The area lies within this circle of the site grid."""

    east_m = grid_m()
    north_m = grid_m()
    radius_m = Dec("0", "10000")


@command("register_area")
class RegisterArea(Payload):
    area_id = Ident()
    name = names()
    fire_explosion = Flag()
    bund = Flag()
    enriched_oxygen = Flag()
    position = Part(Position, optional=True)
    fixed_hot_work = Part(FixedHotWork, optional=True)
    grid = Part(GridCircle, optional=True)
    decks = Many(elevation_m(), limits.DECKS_MAX, unique=True, optional=True)


@command("register_plot_plan")
class RegisterPlotPlan(Payload):
    """A picture of the site, and where its edges lie on the site grid."""

    sha256 = Sha256()
    west_m = grid_m()
    south_m = grid_m()
    east_m = grid_m()
    north_m = grid_m()

    @validates_schema
    def its_edges_part(self, data: dict[str, Any], **_: Any) -> None:
        pairs = [
            (low, high) for low, high in (("west_m", "east_m"), ("south_m", "north_m")) if {low, high} <= set(data)
        ]
        faults = {
            high: [f"Must be more than {low}."] for low, high in pairs if Decimal(data[high]) <= Decimal(data[low])
        }
        if faults:
            raise ValidationError(faults)


@command("register_person")
class RegisterPerson(Payload):
    person_id = Ident()
    roles = Many(OneOf(words.ROLES), limits.ROLES_OF_PERSON_MAX, unique=True)
    trades = Many(Word(), limits.TRADES_OF_PERSON_MAX, unique=True)
    unit = Line()
    contractor_id = Ident(optional=True)
    vault_sha256 = Sha256()


@command("register_certificate")
class RegisterCertificate(Payload):
    certificate_id = Ident()
    person_id = Ident()
    trade = Word()
    valid_from = Day()
    valid_to = Day()
    revoked = Flag(optional=True)

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "valid_from", "valid_to")


@command("record_contraindication")
class RecordContraindication(Payload):
    person_id = Ident()
    work = Code()
    active = Flag()


@command("register_contractor")
class RegisterContractor(Payload):
    contractor_id = Ident()
    name = names()
    suspended = Flag()


@command("register_instrument")
class RegisterInstrument(Payload):
    instrument_id = Ident()
    model = Line()
    gases = Many(Word(), limits.GASES_OF_INSTRUMENT_MAX, low=1, unique=True)
    calibration_gas = Word(optional=True)
    correction_factors = MapOf(Word(), Dec("0.01", "100"), limits.GASES_OF_INSTRUMENT_MAX, optional=True)
    calibration_due = Day()
    in_service = Flag()


@command("register_recorder")
class RegisterRecorder(Payload):
    """A video recorder; `ex_proof`: it may be used in a fire-explosion area (GB 30871-2022 5.2.11)."""

    recorder_id = Ident()
    model = Line()
    ex_proof = Flag()
    in_service = Flag()


@command("register_isolation_point")
class RegisterIsolationPoint(Payload):
    point_id = Ident()
    tag = Line()
    area_id = Ident()
    energy = Word()
    description = Line()


@command("register_key")
class RegisterKey(Payload):
    """The public half of a key of the sender's own: SubjectPublicKeyInfo of a P-256 key, base64url."""

    key_id = KeyId()
    means = OneOf(words.KEYED_MEANS)
    public_key = Base64Url()
    device = Line()
    rp_id = Line(optional=True)
    origin = Line(optional=True)

    @validates_schema
    def a_passkey_says_where_it_was_made(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("means") == words.PASSKEY:
            absent = [name for name in ("rp_id", "origin") if name not in data]
            if absent:
                raise ValidationError({name: ["A passkey has one."] for name in absent})


@command("revoke_key")
class RevokeKey(Payload):
    key_id = KeyId()
    reason = text()


class SpecialPeriod(Strict):
    name = Line()
    start = Day()
    end = Day()

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "start", "end")


@command("register_service_owner")
class RegisterServiceOwner(Payload):
    """Who signs for a service where ground is opened; none: nobody can, and no earthwork is planned."""

    service = OneOf(words.SERVICES)
    owners = Many(Ident(), limits.OWNERS_OF_SERVICE_MAX, unique=True)


@command("set_calendar")
class SetCalendar(Payload):
    holidays = Many(Day(), limits.CALENDAR_DAYS_MAX, unique=True)
    workdays = Many(Day(), limits.CALENDAR_DAYS_MAX, unique=True)
    rest_days = Many(Int(1, 7), 7, unique=True)
    special_periods = Many(Part(SpecialPeriod), limits.SPECIAL_PERIODS_MAX)
    night_from = ClockTime()
    night_to = ClockTime()


class ShiftOfForeman(Strict):
    area_id = Ident()
    person_id = Ident()
    start = Instant()
    end = Instant()

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "start", "end")


@command("set_foreman_roster")
class SetForemanRoster(Payload):
    shifts = Many(Part(ShiftOfForeman), limits.SHIFTS_MAX)


@command("set_policies")
class SetPolicies(Payload):
    policies = MapOf(Code(), Line(), limits.POLICIES_MAX)


@command("propose_rules")
class ProposeRules(Payload):
    """Packs: all that shall bind; left out, those that bind now. Policies: the numbers that change; policies_removed:
    the site's own numbers that are taken back, so that the packs speak again."""

    packs = Many(PackName(), limits.PACKS_MAX, low=1, unique=True, optional=True)
    policies = MapOf(Code(), Line(), limits.POLICIES_MAX, optional=True)
    policies_removed = Many(Code(), limits.POLICIES_MAX, unique=True, optional=True)
    reason = text()


@command("release_rules")
class ReleaseRules(Payload):
    proposal_id = Ident()


@command("delegate")
class Delegate(Payload):
    """A right to issue, to somebody who holds it too, for a time."""

    right = OneOf(words.ISSUER_ROLES)
    to = Ident()
    start = Instant()
    end = Instant()

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        _in_order(data, "start", "end")


@command("undelegate")
class Undelegate(Payload):
    right = OneOf(words.ISSUER_ROLES)


@command("advance_clock")
class AdvanceClock(Payload):
    to = Instant()


def _in_order(data: dict[str, Any], first: str, second: str) -> None:
    """Days and instants of one form sort as text, but for the fraction of a second: compare what they mean."""
    if first in data and second in data and _sortable(data[second]) < _sortable(data[first]):
        raise ValidationError(f"Must not be before {first}.", second)


def _sortable(value: str) -> str:
    return value.removesuffix("Z").partition(".")[0] + "." + value.removesuffix("Z").partition(".")[2].ljust(6, "0")
