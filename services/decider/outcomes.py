"""From the core's outcome to the bytes of one record: the canonical envelope and the canonical body, version 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.decider.wire import Incoming
from services.folding import SiteFold
from services.log.records import RECORD_LIMIT, Envelope, make_outcome
from services.seven_steps import codes
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.codec import plain
from services.seven_steps.command import Command
from services.seven_steps.decide import REFUSED, Outcome, Refusal

BODY_VERSION = 1


def encode(
    site: SiteFold,
    incoming: Incoming,
    command: Command,
    outcome: Outcome,
    now: datetime,
    worker: str,
) -> tuple[Envelope, bytes]:
    """Envelope and value of the site's next link. An outcome over RECORD_LIMIT becomes a refusal `limit_reached`.

    Raises ValueError if even the refusal does not fit.
    """
    envelope, value = _encode(site, incoming, command, outcome, now, worker)
    if len(value) > RECORD_LIMIT:
        smaller = too_large(outcome, len(value))
        envelope, value = _encode(site, incoming, command, smaller, now, worker)
    if len(value) > RECORD_LIMIT:
        raise ValueError(f"the outcome has {len(value)} bytes, over the limit of {RECORD_LIMIT}")
    return envelope, value


def too_large(outcome: Outcome, size: int) -> Outcome:
    """The refusal that stands in for an outcome which no record can hold."""
    code = codes.LIMIT_REACHED
    refusal = Refusal(code, 1, "", "record_bytes", code, str(size), f"≤ {RECORD_LIMIT} B", ())
    return replace(outcome, verdict=REFUSED, events=(), refusals=(refusal,), gates=(), notes=())


def _encode(
    site: SiteFold, incoming: Incoming, command: Command, outcome: Outcome, now: datetime, worker: str
) -> tuple[Envelope, bytes]:
    body = canonical(_body(incoming, command, outcome, worker))
    envelope = Envelope(
        site_id=incoming.site_id,
        site_seq=site.head.site_seq + 1,
        previous_hash=site.head.record_hash,
        decided_at=now,
        decided_at_real=command.decided_at_real,
        body_sha256=sha256_hex(body),
    )
    value = make_outcome(
        site_id=envelope.site_id,
        site_seq=envelope.site_seq,
        previous_hash=envelope.previous_hash,
        decided_at=envelope.decided_at,
        decided_at_real=envelope.decided_at_real,
        body=body,
    )
    return envelope, value


def _body(incoming: Incoming, command: Command, outcome: Outcome, worker: str) -> Mapping[str, Any]:
    captured = command.captured
    return {
        "body": BODY_VERSION,
        "verdict": outcome.verdict,
        "client": incoming.client,
        "gateway": incoming.gateway.raw,
        "command_sha256": incoming.sha256,
        "captured": None if captured is None else [plain(captured.earliest), plain(captured.latest)],
        "late": command.late,
        "events": [plain(event) for event in outcome.events],
        "refusals": [plain(refusal) for refusal in outcome.refusals],
        "gates": [
            {
                "gate": verdict.gate.ref,
                "about": verdict.about,
                "verdict": "open" if verdict.open else "shut",
                "evidence": list(verdict.evidence),
                "numbers": dict(verdict.numbers),
            }
            for verdict in outcome.gates
        ],
        "rule_packs": list(outcome.rule_packs),
        "notes": list(outcome.notes),
        "worker": worker,
    }
