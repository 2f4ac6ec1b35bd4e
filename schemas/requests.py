"""Bodies and answers of the endpoints besides commands."""

from __future__ import annotations

from marshmallow import fields

from schemas import limits, words
from schemas.fields import (
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
