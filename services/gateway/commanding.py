"""One command from a person to the log and back: the steps in order, each with its own answer.

    1 who        the session's person, for one of the session's sites                           403
    2 role       early, from the register's board; the decider asks again and records it         403
    3 shape      the schema of (type, version)                                                   422
    4 known      the register has this id: the same answer, or 409 command_id_reused
    5 halted     the site's chain stands still: nothing is sent                                  503
    6 refusals   at most REFUSALS_PER_MINUTE a person                                            429
    7 documents  every file it names can be read                                                 409 document_missing
    8 presence   the six digits are the guardian's                                               422
    9 send       awaited; refused by the log 503, of unknown fate 202
   10 answer     from the register, once it has it; after ANSWER_WAIT_S 202 with where to look

Stop-work passes 2, 4 to 7 and 10's wait unhindered: never refused, never limited, kept on disk before it is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from schemas import commands as wire
from schemas import limits
from services import signing
from services.documents.kinds import PICTURES
from services.gateway import ages, presence, problems
from services.gateway.accounts import Session
from services.gateway.answers import Decided, Undecided, answer_of, refusal
from services.gateway.context import Answer
from services.gateway.doorbell import Ring
from services.gateway.kept_stops import KeptStop
from services.gateway.reading import Before
from services.gateway.roles import may_send, roles_for
from services.gateway.sending import append_within
from services.log.errors import AppendRefused, LogError, RecordTooLarge
from services.seven_steps import codes, site_time
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.commands import COMMANDS
from services.seven_steps.spec import ACT

if TYPE_CHECKING:
    from services.gateway.state import Gateway

STOP_WORK = "stop_work"
ANSWER_WAIT_S = 5.0  # design: 5 s, then 202
ENROL_WITHIN = timedelta(minutes=15)  # since the password or a one-time code was given
REFUSALS_PER_MINUTE = 30  # design 8
ACT_WITHIN = timedelta(seconds=60)  # design: an act decided later than this after the tap does not happen
SEND_S_MAX = 5.0  # then its fate is unknown: 202
STOP_SEND_S_MAX = 2.0  # then it stays on disk and is sent again
UNRUNG_POLL_S = 0.25  # how often the register is asked while no bell rings

log = logging.getLogger(__name__)
security = logging.getLogger("sevengates.security")


@dataclass(frozen=True, slots=True)
class Sent:
    """A command on its way; `at` (real) tells its dead letter from an earlier one of the same id."""

    command_id: str
    site_id: str
    at: datetime


async def submit(gateway: Gateway, session: Session, body: Mapping[str, Any]) -> Answer:
    """The answer to one command, whatever it is. Raises nothing that has a name."""
    began = asyncio.get_running_loop().time()
    try:
        answer = await _submit(gateway, session, body)
    except problems.Problem as problem:
        answer = Answer(problem.status, problem.body(), problem.headers)
    gateway.metrics.count("commands_total", status=str(answer.status))
    gateway.metrics.answered.observe(asyncio.get_running_loop().time() - began)
    return answer


async def _submit(gateway: Gateway, session: Session, body: Mapping[str, Any]) -> Answer:
    received_at = datetime.now(UTC)
    if not isinstance(body, Mapping):
        raise problems.MalformedRequest({"": ["A JSON object is expected."]})
    _check_site(session, body)
    if body.get("type") == STOP_WORK:
        return await _stop_work(gateway, session, body, received_at)
    before = await _before(gateway, body)
    _check_role(session, _author(session, body), body, before.board)
    client = _client_part(session, body, before.board)
    beside = wire.transport(body)
    _check_enrolment(session, client)
    known = _known(client, before.decided)
    if known is not None:
        return known
    if before.halted:
        raise problems.NotServing("site_halted", retry_after_s=30)
    _check_refusals(gateway, session, client)
    await _check_documents(gateway, client)
    proof = _presence(gateway, before.board, client, beside, received_at)
    record = _record(session, client, beside, received_at, proof)
    return await _send_and_wait(gateway, Sent(client["command_id"], client["site_id"], received_at), record)


async def _before(gateway: Gateway, body: Mapping[str, Any]) -> Before:
    """Nothing is known of a body that names no site or no id; the schema says so in a moment."""
    site_id, command_id = body.get("site_id"), body.get("command_id")
    if not isinstance(site_id, str) or not isinstance(command_id, str) or not command_id.isascii():
        return Before(Board(), None, halted=False)
    return await gateway.reading.before(site_id, command_id)


# ---- 1 who, 2 role, 3 shape ----------------------------------------------------------------------------------------


def _check_site(session: Session, body: Mapping[str, Any]) -> None:
    site_id = body.get("site_id")
    if isinstance(site_id, str) and site_id not in session.sites:
        security.warning("%s sent a command to a site that is not theirs", session.works_no)
        raise problems.NotAllowed(message="This account may not use that site.")


def _check_enrolment(session: Session, client: Mapping[str, Any]) -> None:
    """A key is registered by whoever proved who they are just now: an open session left lying about enrols nobody."""
    if client["type"] != "register_key":
        return
    since = datetime.now(UTC) - datetime.fromtimestamp(session.authenticated_at, UTC)
    if since > ENROL_WITHIN:
        raise problems.NotAllowed(message="Prove who you are again, then register the key.")


def _author(session: Session, body: Mapping[str, Any]) -> str:
    """Who says so: of a signed one its actor, whose signature is checked with its shape; else the session's person."""
    said = body.get("actor")
    return said if body.get("signature") is not None and isinstance(said, str) else session.person_id


def _check_role(session: Session, actor: str, body: Mapping[str, Any], board: Board) -> None:
    """Early: by type and role alone. What the role may do on this very job or ticket is the decider's to say."""
    type_ = body.get("type")
    if not isinstance(type_, str) or type_ not in COMMANDS or not isinstance(body.get("site_id"), str):
        return  # the schema says what is wrong
    person = board.people.get(actor)
    if person is None or not may_send(type_, person.roles, board):
        security.warning("%s as %s may not send %s", session.works_no, actor, type_)
        raise problems.NotAllowed(may=roles_for(type_))


def _client_part(session: Session, body: Mapping[str, Any], board: Board) -> dict[str, Any]:
    """The client part as its author made it. Signed by a key of the author's own, another session may carry it."""
    try:
        client = wire.load(body)
    except wire.Malformed as wrong:
        raise problems.MalformedRequest(wrong.fields) from None
    except wire.UnknownVersion as unknown:
        missing = refusal(codes.UNKNOWN_COMMAND_VERSION, about=unknown.type, have=str(unknown.version))
        raise problems.Refused([missing]) from None
    signature = wire.transport(body).get("signature")
    if signature is not None:
        _check_signature(board, client, signature)
    elif client.get("actor", session.person_id) != session.person_id:
        # an entry waits until its author is back (design 6)
        security.warning("%s sent a command of another person", session.works_no)
        raise problems.NotAllowed(message="This command was made by another person.")
    return client if signature is not None else {**client, "actor": session.person_id}


def _check_signature(board: Board, client: Mapping[str, Any], signature: Mapping[str, Any]) -> None:
    try:
        signing.check(board, client, signature)
    except signing.BadSignature as bad:
        security.warning("a signature of %s does not hold: %s", client.get("actor"), bad)
        raise problems.MalformedRequest({"signature": [f"Not valid: {bad}."]}) from None


# ---- 4 known, 6 refusals, 7 documents, 8 presence ------------------------------------------------------------------


def _known(client: Mapping[str, Any], decided: Decided | Undecided | None) -> Answer | None:
    if decided is None or (isinstance(decided, Undecided) and decided.may_come_again):
        return None
    if isinstance(decided, Undecided):
        return answer_of(decided)
    if decided.command_sha256 != sha256_hex(canonical(dict(client))):
        raise problems.Refused([refusal(codes.COMMAND_ID_REUSED, about=client["command_id"])])
    return answer_of(decided)


def _check_refusals(gateway: Gateway, session: Session, client: Mapping[str, Any]) -> None:
    wait_s = gateway.refusals.wait_s(f"{client['site_id']} {session.person_id}")
    if wait_s:
        raise problems.TooMany("refusals_per_minute", wait_s)


async def _check_documents(gateway: Gateway, client: Mapping[str, Any]) -> None:
    """Each named file is there; reading it makes it young again, so that no sweep takes it before the record."""
    absent = [
        sha256
        for sha256 in documents_named(client["type"], client["payload"])
        if not await asyncio.to_thread(gateway.documents.hold, sha256)
    ]
    if absent:
        raise problems.Refused([refusal(codes.DOCUMENT_MISSING, about=sha256) for sha256 in absent])
    if client["type"] == "register_plot_plan":
        found = await asyncio.to_thread(gateway.documents.describe, client["payload"]["sha256"])
        if found.media_type not in PICTURES:
            raise problems.MalformedRequest({"payload.sha256": ["Must be a picture."]})


def documents_named(type_: str, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents a command of this type names."""
    if type_ == "record_plan":
        return tuple(document["sha256"] for document in payload["documents"])
    if type_ == "confirm_measures":
        return tuple(line["photo_sha256"] for line in payload["lines"] if "photo_sha256" in line)
    return (payload["sha256"],) if type_ in ("record_seal", "register_plot_plan") else ()


def _presence(
    gateway: Gateway, board: Board, client: Mapping[str, Any], beside: Mapping[str, Any], now: datetime
) -> dict[str, str] | None:
    """Proof that the sender is on site. Wrong digits are told at their field and count as a guess; a position that
    does not fit is no proof, and the gate that asks for one stays shut."""
    given = beside.get("presence")
    permit = board.permits.get(client.get("permit_id", ""))
    if given is None or permit is None:
        return None
    if "code" not in given:
        fits = presence.inside(board, permit.area_id, given, now)
        return presence.proof("position", permit.area_id, now) if fits else None
    guesser = f"{client['site_id']} {client['actor']}"
    wait_s = gateway.presence_tries.wait_s(guesser)
    if wait_s:
        raise problems.TooMany("presence_code_tries", wait_s)
    if not presence.code_fits(gateway.site_keys.of(client["site_id"]), permit, given["code"], now):
        gateway.presence_tries.mark(guesser)
        raise problems.MalformedRequest({"presence.code": ["Not the digits on the guardian's screen now."]})
    gateway.presence_tries.forget(guesser)
    return presence.proof("code", permit.permit_id, now)


# ---- 9 send --------------------------------------------------------------------------------------------------------


def _record(
    session: Session,
    client: Mapping[str, Any],
    beside: Mapping[str, Any],
    received_at: datetime,
    proof: Mapping[str, str] | None,
) -> bytes:
    """The record on `commands`: the client part as it came, and what the gateway measured."""
    age_ms = ages.age_ms(client, beside, received_at)
    acts = COMMANDS[client["type"]].kind == ACT
    act_by = received_at - timedelta(milliseconds=beside.get("elapsed_ms") or 0) + ACT_WITHIN
    return canonical(
        {
            "record": 1,
            "client": dict(client),
            "gateway": {
                "received_at": site_time.stamp(received_at),
                "age_ms": None if age_ms is None else list(age_ms),
                "act_by": site_time.stamp(act_by) if acts else None,
                "presence": dict(proof) if proof else None,
                "session": session.public_id,
                "authenticated_at": site_time.stamp(datetime.fromtimestamp(session.authenticated_at, UTC)),
                "signature": beside.get("signature") or {"means": "attested"},
            },
        }
    )


async def _send_and_wait(gateway: Gateway, sent: Sent, record: bytes) -> Answer:
    command_id, site_id = sent.command_id, sent.site_id
    if len(record) > limits.COMMAND_BYTES_MAX:
        raise problems.TooLarge("command_bytes", limits.COMMAND_BYTES_MAX)
    async with gateway.doorbell.expecting(command_id) as ring:
        gateway.pending.add(command_id, site_id)
        try:
            await append_within(gateway.log, site_id, record, SEND_S_MAX)
        except RecordTooLarge:
            gateway.pending.discard(command_id)
            raise problems.TooLarge("command_bytes", limits.COMMAND_BYTES_MAX) from None
        except AppendRefused as refused:
            gateway.pending.discard(command_id)
            log.error("the log took nothing: %s", refused)
            raise problems.NotServing("log") from None
        except (LogError, TimeoutError) as trouble:
            log.error("a send of unknown fate: %r", trouble)
            return _look_later(command_id)
        return await _answer(gateway, sent, ring)


async def _answer(gateway: Gateway, sent: Sent, ring: Ring) -> Answer:
    """10: the register's answer, or where to look for it.

    The bell says which record to wait for. Without a ring the register is asked from time to time all the same: a
    command that was already decided rings no bell, nor does one that became a dead letter.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + ANSWER_WAIT_S
    while (left := until - loop.time()) > 0:
        if await ring.wait(min(left, UNRUNG_POLL_S)):
            await gateway.reading.reached(sent.site_id, ring.site_seq, min(left, UNRUNG_POLL_S))
        decided = await gateway.reading.answer(sent.command_id, after=sent.at)
        if decided is not None:
            gateway.pending.discard(sent.command_id)
            return answer_of(decided)
    return _look_later(sent.command_id)


def _look_later(command_id: str, **more: Any) -> Answer:
    where = f"/api/commands/{command_id}"
    return Answer(202, {"command_id": command_id, "where": where, **more}, {"Location": where})


# ---- stop-work -----------------------------------------------------------------------------------------------------


async def _stop_work(gateway: Gateway, session: Session, body: Mapping[str, Any], received_at: datetime) -> Answer:
    """Shown to everybody at receipt; on disk before it is sent; then as any other command."""
    client = _client_part(session, body, await _board_of(gateway, session, body))
    command_id, site_id = client["command_id"], client["site_id"]
    known = await _known_stop(gateway, client)
    if known is not None:
        return known
    gateway.hub.publish(site_id, "stop", _being_recorded(client, received_at))
    record = _record(session, client, wire.transport(body), received_at, None)
    kept = KeptStop(command_id, site_id, record)
    await asyncio.to_thread(gateway.kept_stops.keep, kept)
    async with gateway.doorbell.expecting(command_id) as ring:
        gateway.pending.add(command_id, site_id)
        if not await send_kept(gateway, kept):
            return _look_later(command_id, kept=True)
        await asyncio.to_thread(gateway.kept_stops.done, command_id)
        return await _answer(gateway, Sent(command_id, site_id, received_at), ring)


async def _board_of(gateway: Gateway, session: Session, body: Mapping[str, Any]) -> Board:
    """Needed only for a signed one; a register that can't be asked does not hold up a stop: it goes as attested."""
    if body.get("signature") is None:
        return Board()
    return (await _before(gateway, body)).board


async def _known_stop(gateway: Gateway, client: Mapping[str, Any]) -> Answer | None:
    """A register that cannot be asked does not hold up a stop: the decider knows the id as well."""
    try:
        decided = await gateway.reading.answer(client["command_id"])
    except Exception:
        log.exception("the register could not be asked about a stop-work; it is sent regardless")
        return None
    return _known(client, decided)


async def send_kept(gateway: Gateway, stop: KeptStop) -> bool:
    """True once the log has it and its site goes on; a stop for a halted site stays until the site goes on."""
    try:
        if await gateway.reading.halted(stop.site_id):
            return False
        await append_within(gateway.log, stop.site_id, stop.record, STOP_SEND_S_MAX)
    except (LogError, TimeoutError, OSError) as trouble:
        log.error("stop-work %s is kept on disk, the log does not take it: %s", stop.command_id, trouble)
        return False
    return True


def _being_recorded(client: Mapping[str, Any], received_at: datetime) -> dict[str, Any]:
    return {
        "command_id": client["command_id"],
        "by": client["actor"],
        "job_id": client.get("job_id"),
        "permit_id": client.get("permit_id"),
        "received_at": site_time.stamp(received_at),
        "state": "being_recorded",
    }
