"""The two lines of an outcome record: envelope version 1 and body version 1."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from schemas import limits, words
from schemas.commands.envelope import Captured
from schemas.fields import (
    Code,
    Flag,
    Ident,
    Instant,
    Int,
    Many,
    MapOf,
    OneOf,
    OneOfInt,
    PackName,
    Part,
    Sha256,
    Strict,
    Uuid,
    Word,
    errors_of,
)
from schemas.outcomes.events import EVENTS

EVENTS_OF_OUTCOME_MAX = 1_000
GATES_OF_OUTCOME_MAX = 2_000
EVIDENCE_OF_GATE_MAX = 2_000
NUMBERS_OF_GATE_MAX = 100


class EnvelopeV1(Strict):
    """Never changes shape, so that links are checked without understanding bodies."""

    envelope = OneOfInt((1,))
    site_id = Ident()
    site_seq = Int(1, limits.INTEGER_MAX)
    previous_hash = Sha256()
    decided_at = Instant()
    decided_at_real = Instant()
    body_sha256 = Sha256()


class Client(Strict):
    """The client part: the bytes that were signed."""

    command_id = Uuid()
    type = Code()
    version = Int(1, 1_000)
    site_id = Ident()
    job_id = Uuid(optional=True)
    permit_id = Uuid(optional=True)
    expected_version = Int(0, limits.EXPECTED_VERSION_MAX, optional=True)
    actor = Ident()
    captured = Part(Captured, optional=True)
    lang = OneOf(words.LANGUAGES, optional=True)
    payload = fields.Dict(keys=fields.String(), required=True)


class PresenceProof(Strict):
    kind = OneOf(("code", "position"))
    place = Ident()
    checked_at = Instant()


class Signature(Strict):
    means = OneOf(words.MEANS)


class GatewayPart(Strict):
    """What the gateway measured; never in the hash of the command."""

    received_at = Instant()
    age_ms = fields.List(
        Int(0, limits.ELAPSED_MS_MAX * 2), required=True, allow_none=True, validate=validate.Length(equal=2)
    )
    act_by = fields.String(required=True, allow_none=True)
    presence = Part(PresenceProof, nullable=True)
    session = fields.String(required=True, allow_none=True)
    authenticated_at = fields.String(required=True, allow_none=True)
    signature = Part(Signature)


class EventOnLog(Strict):
    """Its data is checked by the schema of its type and version."""

    type = Code()
    version = Int(1, 1_000)
    data = fields.Dict(keys=fields.String(), required=True)

    @validates_schema
    def data_is_of_its_type(self, event: dict[str, Any], **_: Any) -> None:
        schema = EVENTS.get((event["type"], event["version"]))
        if schema is None:
            raise ValidationError("There is no such event.", "type")
        wrong = errors_of(schema, event["data"])
        if wrong:
            raise ValidationError({"data": wrong})


class RefusalOnLog(Strict):
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


class GateOnLog(Strict):
    """`gate` is id@version; evidence are numbers of records, named for open gates too.

    numbers: what decided each number the gate asked for: a rule pack's id@version, or "site" for the site's own policy.
    """

    gate = Word()
    about = fields.String(required=True)
    verdict = OneOf(("open", "shut"))
    evidence = Many(Int(0, limits.INTEGER_MAX), EVIDENCE_OF_GATE_MAX)
    numbers = MapOf(Code(), PackName(), NUMBERS_OF_GATE_MAX)


class BodyV1(Strict):
    body = OneOfInt((1,))
    verdict = OneOf(words.VERDICTS)
    client = Part(Client)
    gateway = Part(GatewayPart)
    command_sha256 = Sha256()
    captured = fields.List(Instant(), required=True, allow_none=True, validate=validate.Length(equal=2))
    late = Flag()
    events = Many(Part(EventOnLog), EVENTS_OF_OUTCOME_MAX)
    refusals = Many(Part(RefusalOnLog), GATES_OF_OUTCOME_MAX)
    gates = Many(Part(GateOnLog), GATES_OF_OUTCOME_MAX)
    rule_packs = Many(PackName(), limits.PACKS_MAX * 2)
    notes = Many(Word(), 100)
    worker = Word()
