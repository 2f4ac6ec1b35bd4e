"""Setting up a site: its first record and first administrator, then its registry from a site file.

Only the first two commands are sent by a service, straight to the log. Everything after them an administrator sends
through the gateway like anybody else: there is no way around the rules from here.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.desk.client import Api
from services.desk.exits import broken, refused, usage
from services.desk.site_diff import Difference, KnownPeople, differences, vault_facts
from services.desk.site_file import SiteFile
from services.gateway.accounts import Accounts
from services.log import COMMANDS, open_log
from services.settings import Settings
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical
from services.seven_steps.site_time import stamp
from services.vault import PersonErased, Vault, open_vault

SERVICE = "service:desk"
ADMIN = "admin"
#: Parts of [site] that are not in the site's first record.
NOT_RECORDED = frozenset({"site_id", "starts_at"})


@dataclass(slots=True)
class Loaded:
    """What a load did: lines of what was sent, one-time codes of new accounts by works number."""

    sent: list[str] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)


# ---- the first two records -----------------------------------------------------------------------------------------


def site_payload(file: SiteFile) -> dict[str, Any]:
    payload = {key: value for key, value in file.site.items() if key not in NOT_RECORDED}
    if "starts_at" in file.site:
        payload["starts_at"] = file.utc(file.site["starts_at"])
    return payload


def administrator(file: SiteFile, works_no: str | None = None) -> Mapping[str, Any]:
    """The file's first administrator, or the one named. Raises Fault 2."""
    found = [row for row in file.people if ADMIN in row["roles"] and works_no in (None, row["works_no"])]
    if not found:
        who = f"{works_no} is" if works_no else "nobody is"
        raise usage(f"{file.path}: {who} a person with the role admin")
    return found[0]


def service_record(site_id: str, type_: str, payload: Mapping[str, Any]) -> bytes:
    """A command of the set-up as it stands on `commands`."""
    client = {
        "command_id": str(uuid.uuid4()),
        "type": type_,
        "version": 1,
        "site_id": site_id,
        "actor": SERVICE,
        "lang": "en",
        "payload": dict(payload),
    }
    measured = {
        "received_at": stamp(datetime.now(UTC)),
        "age_ms": None,
        "act_by": None,
        "presence": None,
        "session": None,
        "authenticated_at": None,
        "signature": {"means": "service"},
    }
    return canonical({"record": 1, "client": client, "gateway": measured})


def first_records(file: SiteFile, person: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """What a service sends for a new site. Policies are set here once; later two people change them.

    The administrator comes last: who is registered has a site that is whole.
    """
    policies = file.content["policies"]
    return [
        ("register_site", site_payload(file)),
        *([("set_policies", {"policies": policies})] if policies else []),
        ("register_person", person),
    ]


async def begin_site(settings: Settings, file: SiteFile, admin: Mapping[str, Any], person_id: str) -> None:
    """Append the site's first record, its first administrator and policies; whoever decides may start later."""
    vault = open_vault(settings.vault_url)
    try:
        vault_sha256 = vault.put(person_id, vault_facts(admin), by=SERVICE)
    finally:
        vault.close()
    person = person_payload(admin, person_id) | {"vault_sha256": vault_sha256}
    if admin.get("contractor"):
        raise usage(f"{file.path}: the first administrator {admin['works_no']} belongs to a contractor")
    records = first_records(file, person)
    async with open_log(settings.log_url) as log:
        for type_, payload in records:
            await log.append(COMMANDS, file.site_id, service_record(file.site_id, type_, payload))


def person_payload(row: Mapping[str, Any], person_id: str) -> dict[str, Any]:
    payload = {
        "person_id": person_id,
        "roles": sorted(row["roles"]),
        "trades": list(row["trades"]),
        "unit": row["unit"],
    }
    return payload | ({"contractor_id": row["contractor"]} if row.get("contractor") else {})


# ---- who the people are --------------------------------------------------------------------------------------------


def know_people(vault: Vault, file: SiteFile) -> KnownPeople:
    """The person_id of every works number in the file, new ones drawn at random; and whose record is in the vault."""
    ids: dict[str, str] = {}
    same: set[str] = set()
    for row in file.people:
        for person_id in vault.find(row["works_no"], reader=SERVICE, purpose="site load", limit=len(file.people) + 50):
            try:
                facts = vault.read(person_id, reader=SERVICE, purpose="site load")
            except PersonErased:
                continue
            if facts.get("works_no") == row["works_no"]:
                ids[row["works_no"]] = person_id
                if facts == vault_facts(row):
                    same.add(row["works_no"])
        ids.setdefault(row["works_no"], str(uuid.uuid4()))
    return KnownPeople(ids, frozenset(same))


def person_id_of(settings: Settings, file: SiteFile, works_no: str) -> str:
    """The person_id of one of the file's people: the one in the vault, or a new one."""
    vault = open_vault(settings.vault_url)
    try:
        return know_people(vault, file).id_of(works_no)
    finally:
        vault.close()


# ---- loading -------------------------------------------------------------------------------------------------------


def find_differences(settings: Settings, file: SiteFile, board: Board | None) -> list[Difference]:
    """What a load would send. Raises Fault 2 for a site that is not set up, or is another one than the file says."""
    if board is None or board.site is None:
        raise usage(f"there is no site {file.site_id} here yet: run `sevengates init {file.path}` first")
    for key in ("code", "zone", "clock"):
        if getattr(board.site, key) != file.site[key]:
            have, want = getattr(board.site, key), file.site[key]
            raise usage(f"{file.path}: site.{key} is {want}, but the site was begun with {have}, which never changes")
    vault = open_vault(settings.vault_url)
    try:
        return differences(file, board, know_people(vault, file))
    finally:
        vault.close()


async def send_differences(
    settings: Settings, file: SiteFile, found: list[Difference], api: Api, admin: str, password: str | None = None
) -> Loaded:
    """Send them as the administrator `admin` (signed in). People go to the vault first, and get an account; a document
    is uploaded before the command that names it.

    password: of new accounts, for a demo; without one each gets a one-time code. Raises Fault 4 at a refusal.
    """
    vault, accounts, loaded = open_vault(settings.vault_url), Accounts(settings.accounts_url), Loaded()
    try:
        for difference in found:
            payload = dict(difference.payload)
            if difference.person is not None:
                payload["vault_sha256"] = vault.put(payload["person_id"], vault_facts(difference.person), by=SERVICE)
            if difference.document:
                await api.upload(admin, difference.document)
            await _send(api, admin, file.site_id, difference, payload)
            loaded.sent.append(difference.line())
            if difference.person is not None:
                code = open_account(
                    accounts, difference.person["works_no"], payload["person_id"], file.site_id, password
                )
                if code is not None:
                    loaded.codes[difference.person["works_no"]] = code
    finally:
        vault.close()
        accounts.close()
    return loaded


async def _send(api: Api, admin: str, site_id: str, difference: Difference, payload: Mapping[str, Any]) -> None:
    client = {
        "command_id": str(uuid.uuid4()),
        "type": difference.type,
        "version": 1,
        "site_id": site_id,
        "lang": "en",
        "payload": payload,
    }
    answer = await api.command(admin, client)
    if answer.status == 200:
        return
    if answer.status in (403, 409):
        codes = ", ".join(answer.body.get("codes", ["not_allowed"]))
        raise refused(f"{difference.what}: refused ({codes})")
    raise broken(f"{difference.what}: answered {answer.status} {dict(answer.body)}")


def open_account(
    accounts: Accounts, works_no: str, person_id: str, site_id: str, password: str | None = None
) -> str | None:
    """An account for a person, if there is none; the one-time code of a new one that has no password yet."""
    if not accounts.exists(works_no):  # asked first: a password is hashed slowly, by intent
        return accounts.create(works_no, person_id, [site_id], password=password)
    sites = accounts.sites_of(works_no)
    if site_id not in sites:
        accounts.allow_sites(works_no, [*sites, site_id])
    return None
