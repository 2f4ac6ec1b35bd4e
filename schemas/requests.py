"""Bodies and answers of the endpoints besides commands."""

from __future__ import annotations

from marshmallow import fields

from schemas import limits, words
from schemas.commands.step2_plan import PlannedIsolation
from schemas.fields import (
    CrewMember,
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
    Spot,
    Strict,
    Uuid,
    Word,
    _Text,
)

#: Passwords are bounded where they are hashed; the wire only keeps absurd ones out.
SECRET_CHARS_MAX = 256


class PushEndpoint(_Text):
    chars_max = limits.PUSH_ENDPOINT_CHARS_MAX


class Secret(_Text):
    chars_max = SECRET_CHARS_MAX


class SignIn(Strict):
    user = Word()
    password = Secret()


class SignInByKey(Strict):
    """A device key's signature over the challenge that was handed out (services/signing.py: sign_in_bytes)."""

    site_id = Ident()
    key_id = Word()
    challenge = Secret()
    value = Secret()


class SignInChallenge(Strict):
    challenge = Secret()
    valid_for_s = Int(1, limits.SAMPLE_AGE_S_MAX)


class SignInByCode(Strict):
    """`code` is the one-time code that an administrator handed over."""

    user = Word()
    code = Word()


class SetPassword(Strict):
    """`code` is the one-time code that an administrator handed over."""

    user = Word()
    code = Word()
    password = Secret()


class ReAuthenticate(Strict):
    password = Secret()


class ActAs(Strict):
    """On a simulated site only; `site_id` is the session's own unless given."""

    person_id = Ident()
    site_id = Ident(optional=True)


class OneTimeCodeFor(Strict):
    user = Word()


class AlertsShown(Strict):
    """Alerts that the page of the signed-in person has just shown."""

    alerts = Many(Ident(), limits.ALERTS_SHOWN_MAX)


class PushSubscription(Strict):
    """As the browser gives it: where to send, its public key, its secret."""

    endpoint = PushEndpoint()
    p256dh = KeyId()
    auth = KeyId()


class DraftTicket(Strict):
    """A ticket that is being written; its facts are held to those of its type, as far as they are said."""

    type = OneOf(words.PERMIT_TYPES, optional=True)
    facts = fields.Dict(keys=fields.String(), required=False)
    planned_from = Instant(optional=True)
    planned_to = Instant(optional=True)
    level = OneOf(words.LEVELS, optional=True)
    level_reason = Line(optional=True)
    spot = Part(Spot, optional=True)
    activities = Many(OneOf(words.ACTIVITIES), len(words.ACTIVITIES), unique=True, optional=True)


class DraftCrewChange(Strict):
    add = Many(Part(CrewMember), limits.CREW_MAX)
    remove = Many(Ident(), limits.CREW_MAX, unique=True)


class DraftGasPlan(Strict):
    gases = Many(Word(), limits.GASES_OF_PLAN_MAX, unique=True)
    points = Many(Word(), limits.POINTS_OF_PLAN_MAX, unique=True)


class DraftPlan(Strict):
    gas = MapOf(Uuid(), Part(DraftGasPlan), limits.PERMITS_OF_COMMAND_MAX)
    isolations = Many(Part(PlannedIsolation), limits.ISOLATIONS_OF_PLAN_MAX)


class PlanDraft(Strict):
    """What of a plan is written so far. Of a ticket: its crew, or a change of it; of a job: ticket, gas, isolations."""

    crew = Many(Part(CrewMember), limits.CREW_MAX, optional=True)
    crew_change = Part(DraftCrewChange, optional=True)
    ticket = Part(DraftTicket, optional=True)
    plan = Part(DraftPlan, optional=True)


# ---- answers, for the description of the API -----------------------------------------------------------------------


class SignedIn(Strict):
    """`token` is for programs (Authorization: Bearer); browsers get it as a cookie, and send `csrf` back."""

    token = Line()
    csrf = Line()
    user = Word()
    person_id = Ident()
    site_id = Ident()
    sites = Many(Ident(), 1_000)
    lang = OneOf(words.LANGUAGES)


class Me(Strict):
    user = Word()
    person_id = Ident()
    own_person_id = Ident()
    name = Line()
    roles = Many(OneOf(words.ROLES), limits.ROLES_OF_PERSON_MAX)
    site_id = Ident()
    sites = Many(Ident(), 1_000)
    simulated = Flag()
    lang = OneOf(words.LANGUAGES)
    csrf = Line()
    authenticated_at = Instant()


class PresenceCodeShown(Strict):
    permit_id = Uuid()
    code = Word()
    seconds_left = Int(0, 60)


class StoredDocument(Strict):
    sha256 = Sha256()
    size = Int(1, limits.DOCUMENT_BYTES_MAX)
    media_type = Word()


class RefusalShown(Strict):
    """A shut gate, or one of the other codes: what is missing, about whom, and who can supply it."""

    code = Word()
    version = Int(1, 1_000)
    source = fields.String(required=True)
    about = fields.String(required=True)
    what = fields.String(required=True)
    have = fields.String(required=True)
    need = fields.String(required=True)
    who = Many(Ident(), 100)
    alarm = fields.String(required=True)
    packs = Many(PackName(), limits.PACKS_MAX * 2)
    text = MapOf(OneOf(words.LANGUAGES), fields.String(), len(words.LANGUAGES))


class RefusedAnswer(Strict):
    error = OneOf(("refused",))
    codes = Many(Word(), 100)
    refusals = Many(Part(RefusalShown), 1_000)
    site_seq = Int(1, limits.INTEGER_MAX, optional=True)
    command_id = Uuid(optional=True)


class MalformedAnswer(Strict):
    error = OneOf(("malformed",))
    fields_told = MapOf(fields.String(), Many(fields.String(), 100), 1_000, data_key="fields")


class NotAllowedAnswer(Strict):
    error = OneOf(("not_allowed", "csrf"))
    may = Many(Ident(), 100, optional=True)
    message = Line(optional=True)


class BrokenAnswer(Strict):
    error = OneOf(("broken",))
    reference = Word()


class ProblemAnswer(Strict):
    """Plain HTTP: 401, 404, 413, 415, 429, 503."""

    error = Word()


class LookLater(Strict):
    """The log has it, or may have: ask again under `where`. `kept`: a stop-work that waits on the gateway's disk."""

    command_id = Uuid()
    where = Line()
    kept = Flag(optional=True)


class EventShown(Strict):
    type = Word()
    version = Int(1, 1_000)
    data = fields.Dict(keys=fields.String(), required=True)


class AcceptedAnswer(Strict):
    command_id = Uuid()
    site_seq = Int(1, limits.INTEGER_MAX)
    verdict = OneOf(("accepted",))
    job_id = fields.String(required=True, allow_none=True)
    job_no = fields.String(required=True, allow_none=True)
    permit_id = fields.String(required=True, allow_none=True)
    permit_no = fields.String(required=True, allow_none=True)
    notes = Many(Word(), 100)
    late = Flag()
    events = Many(Part(EventShown), 1_000)
    decided_at = Instant()


class PlanLine(Strict):
    """mark: warn (a gate would miss this, or a person should look), note, or good; code, source: of the gate that was
    asked, empty for what no gate says; text: in the language of the request."""

    mark = OneOf(words.PLAN_MARKS)
    code = fields.String(required=True)
    source = fields.String(required=True)
    text = fields.String(required=True)


class CertificateShown(Strict):
    certificate_id = Ident()
    mark = OneOf(words.PLAN_MARKS)
    text = fields.String(required=True)


class MemberAid(Strict):
    person_id = Ident()
    certificates = Many(Part(CertificateShown), 1_000)
    lines = Many(Part(PlanLine), 1_000)


class CrewAid(Strict):
    """members: in the order of the draft; lines: what is about nobody of them."""

    members = Many(Part(MemberAid), limits.CREW_MAX)
    lines = Many(Part(PlanLine), 1_000)


class TicketAid(Strict):
    level = fields.String(required=True)
    window = Many(Part(PlanLine), 1_000)
    facts = Many(Part(PlanLine), 1_000)
    clashes = Many(Part(PlanLine), 1_000)


class GasAndIsolationAid(Strict):
    """gas: by ticket."""

    gas = MapOf(Uuid(), Many(Part(PlanLine), 1_000), limits.PERMITS_OF_COMMAND_MAX)
    isolations = Many(Part(PlanLine), 1_000)
    clashes = Many(Part(PlanLine), 1_000)


class PlanAid(Strict):
    """What the gates would say of the draft: the parts that were asked for."""

    crew = Part(CrewAid, optional=True)
    crew_change = Part(CrewAid, optional=True)
    ticket = Part(TicketAid, optional=True)
    plan = Part(GasAndIsolationAid, optional=True)
