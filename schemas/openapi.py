"""The HTTP API as OpenAPI 3.1: operations as a table, bodies from the schemas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import Schema

from schemas import requests as wire
from schemas import telemetry
from schemas.commands import SCHEMAS, CommandSchema
from schemas.commands.envelope import Envelope
from schemas.describe import json_schema, new_spec

TITLE = "Sevengates"
VERSION = "1"

OBJECT = {"type": "object"}
BINARY = {"type": "string", "format": "binary"}


@dataclass(frozen=True, slots=True)
class Operation:
    """One endpoint. answers: status -> (description, schema or JSON Schema, media type)."""

    method: str
    path: str
    summary: str
    answers: Mapping[int, tuple[str, Any, str]]
    body: Any = None
    body_type: str = "application/json"
    query: Mapping[str, str] = field(default_factory=dict)
    signed_in: bool = True


def _json(description: str, schema: Any = None) -> tuple[str, Any, str]:
    return description, schema or OBJECT, "application/json"


SIGNED_OUT = {401: _json("nobody is signed in", wire.ProblemAnswer)}
GUARDED = {
    **SIGNED_OUT,
    403: _json("the person's roles never may, or the page's token is missing", wire.NotAllowedAnswer),
}
NOT_FOUND = {404: _json("there is none, or it is of another site", wire.ProblemAnswer)}
MALFORMED = {
    413: _json("a named limit of size", wire.ProblemAnswer),
    415: _json("another media type", wire.ProblemAnswer),
    422: _json("cannot be understood; `fields` names each path", wire.MalformedAnswer),
}
TOO_MANY = {429: _json("a named rate limit; see Retry-After", wire.ProblemAnswer)}
ALWAYS = {500: _json("our fault; `reference` stands in the server's log", wire.BrokenAnswer)}
UNSENT = {503: _json("nothing was sent to the log; the same id is safe to send again", wire.ProblemAnswer)}
REFUSED = {409: _json("refused: every shut gate, or another code", wire.RefusedAnswer)}
LATER = {202: _json("the log has it or may have; look under `where`", wire.LookLater)}

OPERATIONS = (
    Operation(
        "post",
        "/api/sign-in",
        "Sign in with user and password",
        {200: _json("signed in", wire.SignedIn), **SIGNED_OUT, **MALFORMED, **TOO_MANY},
        body=wire.SignIn,
        signed_in=False,
    ),
    Operation(
        "post",
        "/api/sign-in-challenge",
        "A challenge for a device key to sign",
        {200: _json("good once", wire.SignInChallenge), **TOO_MANY},
        signed_in=False,
    ),
    Operation(
        "post",
        "/api/sign-in-by-key",
        "Sign in with a device key: its signature over a challenge",
        {200: _json("signed in", wire.SignedIn), **SIGNED_OUT, **MALFORMED, **TOO_MANY},
        body=wire.SignInByKey,
        signed_in=False,
    ),
    Operation(
        "post",
        "/api/sign-in-by-code",
        "Sign in once with a one-time code, to make a device key",
        {200: _json("signed in", wire.SignedIn), **SIGNED_OUT, **MALFORMED, **TOO_MANY},
        body=wire.SignInByCode,
        signed_in=False,
    ),
    Operation(
        "post",
        "/api/set-password",
        "Set a password with a one-time code",
        {200: _json("set"), **SIGNED_OUT, **MALFORMED, **TOO_MANY},
        body=wire.SetPassword,
        signed_in=False,
    ),
    Operation("post", "/api/sign-out", "End the session", {200: _json("ended"), **GUARDED}),
    Operation(
        "post",
        "/api/re-authenticate",
        "Give the password again",
        {200: _json("proved"), **GUARDED, **MALFORMED, **TOO_MANY},
        body=wire.ReAuthenticate,
    ),
    Operation(
        "post",
        "/api/act-as",
        "On a simulated site, act as somebody registered there",
        {200: _json("acting"), **GUARDED, **NOT_FOUND, **MALFORMED},
        body=wire.ActAs,
    ),
    Operation(
        "post",
        "/api/one-time-codes",
        "A code with which a person sets a new password or makes a device key",
        {200: _json("made"), **GUARDED, **NOT_FOUND, **MALFORMED},
        body=wire.OneTimeCodeFor,
    ),
    Operation("get", "/api/me", "Who is signed in", {200: _json("the session", wire.Me), **SIGNED_OUT}),
    Operation(
        "post",
        "/api/commands",
        "Send a command",
        {
            200: _json("accepted", wire.AcceptedAnswer),
            **LATER,
            **GUARDED,
            **REFUSED,
            **MALFORMED,
            **TOO_MANY,
            **UNSENT,
        },
        body="Command",
    ),
    Operation(
        "get",
        "/api/commands/{command_id}",
        "The answer a command was given",
        {200: _json("accepted", wire.AcceptedAnswer), **LATER, **GUARDED, **REFUSED, **NOT_FOUND},
    ),
    Operation(
        "post",
        "/api/telemetry",
        "Send heartbeats, positions, continuous gas values, recorder states",
        {202: _json("the log has them", telemetry.Taken), **GUARDED, **MALFORMED, **TOO_MANY, **UNSENT},
        body=telemetry.Batch,
    ),
    Operation("get", "/api/sites", "The sites of this session", {200: _json("sites"), **SIGNED_OUT}),
    Operation(
        "get",
        "/api/sites/{site_id}/board",
        "The board: areas, live jobs and tickets, alarms, emergencies",
        {200: _json("the board"), **GUARDED, **NOT_FOUND},
    ),
    Operation(
        "get",
        "/api/sites/{site_id}/ending",
        "Certificates, calibrations and delegations that end soon",
        {200: _json("what ends"), **GUARDED, **NOT_FOUND},
    ),
    Operation(
        "get",
        "/api/sites/{site_id}/plan-aid",
        "What the gates of the plan would say of a draft; nothing is recorded",
        {200: _json("lines to show beside the form", wire.PlanAid), **GUARDED, **NOT_FOUND, **MALFORMED},
        query={
            "job_id": "the job; a ticket names its own",
            "permit_id": "the ticket whose crew it is, or that is amended",
            "draft": "JSON: crew, ticket, plan (schema PlanDraft)",
        },
    ),
    Operation(
        "get",
        "/api/sites/{site_id}/events",
        "Live events (server-sent): hello, here, outcome, stop, shown",
        {200: ("a stream", {"type": "string"}, "text/event-stream"), **GUARDED, **NOT_FOUND, **TOO_MANY},
    ),
    Operation(
        "post",
        "/api/sites/{site_id}/alerts-shown",
        "Say that this person's page has shown these alerts",
        {200: _json("noted"), **GUARDED, **NOT_FOUND, **MALFORMED},
        body=wire.AlertsShown,
    ),
    Operation(
        "post",
        "/api/push-subscription",
        "Wake this browser by Web Push for as long as the session lasts",
        {200: _json("noted"), **GUARDED, **MALFORMED},
        body=wire.PushSubscription,
    ),
    Operation(
        "delete",
        "/api/push-subscription",
        "Do not wake this browser any longer",
        {200: _json("ended"), **GUARDED},
    ),
    Operation("get", "/api/jobs/{job_id}", "One job with its tickets", {200: _json("the job"), **GUARDED, **NOT_FOUND}),
    Operation(
        "get",
        "/api/presence-code",
        "The six digits that the ticket's guardian on duty shows",
        {200: _json("the digits", wire.PresenceCodeShown), **GUARDED, **NOT_FOUND, **MALFORMED},
        query={"permit_id": "the ticket"},
    ),
    Operation("get", "/api/permits/{permit_no}", "One ticket", {200: _json("the ticket"), **GUARDED, **NOT_FOUND}),
    Operation(
        "get",
        "/api/permits/{permit_no}/trail",
        "Every record of the ticket, in order",
        {200: _json("records"), **GUARDED, **NOT_FOUND, **MALFORMED},
        query={"after": "records after this site_seq", "limit": "how many"},
    ),
    Operation(
        "get",
        "/api/permits/{permit_no}/permit.pdf",
        "The newest sealed PDF of the ticket",
        {200: ("the PDF", BINARY, "application/pdf"), **GUARDED, **NOT_FOUND, **MALFORMED},
        query={"kind": "permit (default), status or closure"},
    ),
    Operation(
        "get",
        "/api/search",
        "Jobs and tickets by number, person, area, equipment tag, day, words",
        {200: _json("hits"), **GUARDED, **MALFORMED},
        query={
            "q": "words or a number",
            "person_id": "who has a part in it",
            "area_id": "area",
            "equipment_tag": "tag",
            "day": "day of the site, 2026-11-22",
            "site_id": "one of the session's sites",
            "limit": "how many",
        },
    ),
    Operation(
        "post",
        "/api/documents",
        "Upload a document (PDF, PNG, JPEG, WebP, text)",
        {201: _json("stored", wire.StoredDocument), **GUARDED, **MALFORMED, **TOO_MANY},
        body=BINARY,
        body_type="application/octet-stream",
    ),
    Operation(
        "get",
        "/api/documents/{sha256}",
        "A document that a record of the session's sites names",
        {200: ("the document", BINARY, "application/octet-stream"), **GUARDED, **NOT_FOUND},
    ),
    Operation("get", "/api/openapi.json", "This description", {200: _json("OpenAPI 3.1")}, signed_in=False),
    Operation("get", "/healthz", "The process answers", {200: _json("ok")}, signed_in=False),
    Operation("get", "/readyz", "It can serve", {200: _json("ready"), 503: _json("not ready")}, signed_in=False),
    Operation(
        "get",
        "/metrics",
        "Prometheus; from this machine only",
        {200: ("metrics", {"type": "string"}, "text/plain"), 403: _json("not local", wire.NotAllowedAnswer)},
        signed_in=False,
    ),
)


def openapi() -> dict[str, Any]:
    """The whole description as a JSON value."""
    spec, _ = new_spec(TITLE, VERSION, inline=False)
    spec.options["info"] = {
        "title": TITLE,
        "version": VERSION,
        "description": "Programs send Authorization: Bearer; browsers a cookie and the header X-CSRF-Token.",
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }
    spec.components.security_scheme("session", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": "sevengates_session"})
    for known in SCHEMAS.values():
        spec.components.schema(f"{known.name}Payload", _payload(known))
        spec.components.schema(known.name, _command(known))
    spec.components.schema("Command", _any_command())
    for operation in OPERATIONS:
        spec.path(path=operation.path, operations={operation.method: _operation(operation)})
    described: dict[str, Any] = spec.to_dict()
    return described


def _payload(known: CommandSchema) -> dict[str, Any]:
    return json_schema(known.payload)


def _command(known: CommandSchema) -> dict[str, Any]:
    """The envelope with this type, version and payload."""
    envelope = json_schema(Envelope)
    needed = [name for name, presence in (("job_id", known.job), ("permit_id", known.permit)) if presence == "required"]
    envelope["properties"] |= {
        "type": {"const": known.type},
        "version": {"const": known.version},
        "payload": {"$ref": f"#/components/schemas/{known.name}Payload"},
    }
    for name, presence in (("job_id", known.job), ("permit_id", known.permit)):
        if presence == "never":
            envelope["properties"][name] = {"type": "null"}
    return {**envelope, "required": sorted({*envelope["required"], *needed})}


def _any_command() -> dict[str, Any]:
    return {
        "oneOf": [{"$ref": f"#/components/schemas/{known.name}"} for known in SCHEMAS.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {known.type: f"#/components/schemas/{known.name}" for known in SCHEMAS.values()},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    answers = {**operation.answers, **ALWAYS}
    found: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": _operation_id(operation),
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query)],
        "responses": {
            str(status): {"description": said, "content": {media: {"schema": _schema(schema)}}}
            for status, (said, schema, media) in sorted(answers.items())
        },
        "security": [{"session": []}, {"cookie": []}] if operation.signed_in else [],
    }
    if operation.body is not None:
        content = {operation.body_type: {"schema": _schema(operation.body)}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def _operation_id(operation: Operation) -> str:
    words = [part.strip("{}").replace(".", "_").replace("-", "_") for part in operation.path.split("/") if part]
    return "_".join([operation.method, *(word for word in words if word != "api")])


def _schema(schema: Any) -> Any:
    """A name of a component, a JSON Schema as it is, or a marshmallow schema for apispec to resolve."""
    if isinstance(schema, str):
        return {"$ref": f"#/components/schemas/{schema}"}
    return schema if isinstance(schema, dict) or issubclass(schema, Schema) else OBJECT


def _path_parameters(path: str) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "description": said, "schema": {"type": "string"}} for name, said in query.items()
    ]
