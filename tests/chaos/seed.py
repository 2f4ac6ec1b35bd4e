"""What must be there before the first tap: topics, the sites, their first administrator, and everybody's account.

This part uses the product's own code (it is set-up, not judgement): the two service commands that begin a site go to
the log directly, as `sevengates init` sends them; everything after goes through the gateway.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from services.gateway.accounts import Accounts
from services.log import COMMANDS, open_log
from services.settings import Settings
from tests.chaos.cast import PEOPLE, Cast, stamp
from tests.chaos.http_hand import PASSWORD
from tests.chaos.links import canonical

SERVICE = "service:desk"


async def begin_sites(settings: Settings, casts: list[Cast]) -> None:
    """Topics, and each site's first two commands."""
    settings.data.mkdir(parents=True, exist_ok=True)
    async with open_log(settings.log_url) as log:
        report = await log.ensure_topics()
        if not report.right:
            raise SystemExit(f"chaos: {'; '.join(report.problems)}")
        for number, cast in enumerate(casts, 1):
            for type_, payload in (
                ("register_site", cast.site(f"CH{number:02d}")),
                ("register_person", cast.administrator()),
            ):
                await log.append(COMMANDS, cast.site_id, _record(cast, type_, payload))


def _record(cast: Cast, type_: str, payload: dict[str, Any]) -> bytes:
    client = {
        "command_id": str(uuid.uuid4()),
        "type": type_,
        "version": 1,
        "site_id": cast.site_id,
        "actor": SERVICE,
        "lang": "en",
        "payload": payload,
    }
    gateway = {
        "received_at": stamp(datetime.now(UTC)),
        "age_ms": None,
        "act_by": None,
        "presence": None,
        "session": None,
        "authenticated_at": None,
        "signature": {"means": "service"},
    }
    return canonical({"record": 1, "client": client, "gateway": gateway})


def open_accounts(settings: Settings, casts: list[Cast]) -> None:
    """One account for each person, for all the sites."""
    accounts = Accounts(settings.accounts_url)
    try:
        for name in PEOPLE:
            accounts.create(name, casts[0].id_of(name), [c.site_id for c in casts], password=PASSWORD, lang="en")
    finally:
        accounts.close()
