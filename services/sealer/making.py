"""From a wanted document to its sealed bytes: records, names, contents, then the sealing process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from pdf_templates.words import LANGUAGES
from services.log.records import read_envelope, record_hash
from services.rulebook import BadPack, rulebook
from services.sealer.closure_contents import Told, closure_document
from services.sealer.contents import permit_document
from services.sealer.history import SiteHistory
from services.sealer.process import CannotSeal
from services.sealer.view import Names, Proof, View, people_of, word
from services.sealer.wanted import CLOSURE, Wanted
from services.seven_steps.board_job import Seal
from services.vault.store import Vault

if TYPE_CHECKING:
    from services.sealer.sealer import Tools

READER = "service:sealer"
SERVICE_PREFIX = "service:"


async def make(tools: Tools, history: SiteHistory, wanted: Wanted, seals: Sequence[Seal] = ()) -> bytes:
    """The sealed PDF. `seals`: the job's other documents, for its closure record.

    Raises CannotSeal (this document can't be made), ProcessDied, LogError, LostRecord.
    """
    bundle, records = await history.bundle(tools.log, wanted.key)
    told = [_told(record) for record in records]
    proof = Proof(wanted.key.records_to, record_hash(records[-1]), wanted.packs)
    document = await asyncio.to_thread(_document, tools.vault, tools.link, wanted, told, proof, seals)
    return await tools.process.seal(document, bundle)


def _told(record: bytes) -> Told:
    envelope = read_envelope(record)
    return Told(envelope.site_seq, envelope.decided_at, json.loads(record.partition(b"\n")[2]))


def _document(
    vault: Vault, link: str, wanted: Wanted, told: Sequence[Told], proof: Proof, seals: Sequence[Seal]
) -> dict[str, Any]:
    board, key = wanted.board, wanted.key
    job = board.jobs[key.job_id]
    permits = [board.permits[permit_id] for permit_id in job.permits if permit_id in board.permits]
    people = people_of(board, job, *permits) | {record.client["actor"] for record in told}
    names = names_of(vault, people, job.job_no)
    site = board.site
    assert site is not None
    try:
        rules = rulebook(site.packs)
    except BadPack as error:
        raise CannotSeal("broken", str(error)) from error
    view = View(board, rules, lambda person_id: names.get(person_id, {}), proof, link)
    if key.kind == CLOSURE:
        return closure_document(view, job, told, seals)
    reprints = _prints(told, key.permit_id, wanted.copy) - 1 if wanted.printed else 0
    return permit_document(view, job, board.permits[key.permit_id], key.kind, wanted.copy, reprints)


def _prints(told: Sequence[Told], permit_id: str, copy: int) -> int:
    """How often this copy of the ticket has been printed."""
    printed = [event["data"] for record in told for event in record.body["events"] if event["type"] == "permit.printed"]
    return sum(data.get("permit_id") == permit_id and data["copy"] == copy for data in printed)


def names_of(vault: Vault, people: Iterable[str], purpose: str) -> dict[str, Names]:
    """The people's names in both languages; the vault says "person erased" where there is none. Our own programs have
    one word."""
    ids = sorted(people)
    found = {lang: vault.names(ids, lang, reader=READER, purpose=purpose) for lang in LANGUAGES}
    names = {person_id: {lang: found[lang][person_id] for lang in LANGUAGES} for person_id in ids if person_id}
    return names | {one: word("who", "system") for one in names if one.startswith(SERVICE_PREFIX)}
