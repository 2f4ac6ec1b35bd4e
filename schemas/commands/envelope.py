"""The body of POST /api/commands: the client part and, beside it, what is of the transport and never hashed."""

from __future__ import annotations

from marshmallow import fields

from schemas import limits, words
from schemas.fields import Base64Url, Code, Dec, Ident, Instant, Int, KeyId, OneOf, Part, Strict, Uuid, _Text
from schemas.open_fields import ByShape

#: Known to the sender's session and to nobody else; left out of the client part and of its hash.
TRANSPORT = ("elapsed_ms", "clock", "presence", "signature")
#: A null says the same as leaving it out; the client part never holds a null here.
NULLABLE = ("job_id", "permit_id", "expected_version", "actor", "captured", *TRANSPORT)


class PresenceCode(_Text):
    json_pattern, said, chars_max = r"^[0-9]{6}$", "Six digits.", 6


class Captured(Strict):
    """When the device says it was, and on which page: the age is worked out by the gateway."""

    device_time = Instant()
    page_id = Ident()


class DeviceClock(Strict):
    """How far the device's clock was ahead of the plant's at the last contact, in ms, and what that is worth (±).

    For a record that is sent from another page than it was made on, where no monotonic clock spans both.
    """

    offset_ms = Int(-limits.ELAPSED_MS_MAX, limits.ELAPSED_MS_MAX)
    worth_ms = Int(0, limits.CLOCK_WORTH_MS_MAX)


class CodeOfGuardian(Strict):
    """The six digits on the screen of the ticket's guardian."""

    code = PresenceCode()


class DevicePosition(Strict):
    """A browser's position; it can be forged, and the record says so."""

    lat = Dec("-90", "90")
    lon = Dec("-180", "180")
    accuracy_m = Dec("0", "100000")
    at = Instant()


class Signature(Strict):
    """By a key of the actor's own, over the RFC 8785 form of the client part. A passkey's assertion has three parts."""

    means = OneOf(words.KEYED_MEANS)
    key_id = KeyId()
    value = Base64Url()
    authenticator_data = Base64Url(optional=True)
    client_data = Base64Url(optional=True)


class Envelope(Strict):
    command_id = Uuid()
    type = Code()
    version = Int(1, 1_000)
    site_id = Ident()
    job_id = Uuid(optional=True)
    permit_id = Uuid(optional=True)
    expected_version = Int(0, limits.EXPECTED_VERSION_MAX, optional=True)
    actor = Ident(optional=True)
    captured = Part(Captured, optional=True)
    lang = OneOf(words.LANGUAGES)
    payload = fields.Dict(keys=fields.String(), required=True)
    elapsed_ms = Int(0, limits.ELAPSED_MS_MAX, optional=True)
    clock = Part(DeviceClock, optional=True)
    signature = Part(Signature, optional=True)
    presence = ByShape((CodeOfGuardian, DevicePosition), optional=True)
