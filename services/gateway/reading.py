"""What the gateway reads: the register's queries and the vault's names, off the event loop.

Every method may wait for a database. Nothing here decides who may see what; handlers ask for the session's sites.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.gateway.answers import Decided, Undecided
from services.register.queries import NOT_DECIDED, Queries, open_queries
from services.register.search import Filters
from services.settings import Settings
from services.seven_steps.board import Board
from services.vault.store import Vault, open_vault

Row = dict[str, Any]
Gauges = dict[str, list[tuple[Mapping[str, str], float]]]

ACCEPTED, REFUSED = "accepted", "refused"


@dataclass(frozen=True, slots=True)
class Before:
    """What the register says before a command is sent: the board, what became of its id, whether the site is halted."""

    board: Board
    decided: Decided | Undecided | None
    halted: bool


class Reading:
    """`queries` and `vault` are there for pages that need more; both are synchronous and thread-safe."""

    def __init__(self, queries: Queries, vault: Vault) -> None:
        self.queries, self.vault = queries, vault

    @classmethod
    def open(cls, settings: Settings) -> Reading:
        return cls(open_queries(settings.register_url), open_vault(settings.vault_url))

    def close(self) -> None:
        self.queries.close()
        self.vault.close()

    # ---- answers and positions ---------------------------------------------------------------------------------

    async def before(self, site_id: str, command_id: str) -> Before:
        """All a command asks first, in one turn off the loop."""
        return await asyncio.to_thread(self._before, site_id, command_id)

    def _before(self, site_id: str, command_id: str) -> Before:
        site = self.queries.site(site_id)
        return Before(
            board=self.queries.board_of(site_id) or Board(),
            decided=self._answer(command_id),
            halted=site is not None and site["halted_reason"] is not None,
        )

    async def answer(self, command_id: str, *, after: datetime | None = None) -> Decided | Undecided | None:
        """What became of a command; `after` as for Queries.answer."""
        return await asyncio.to_thread(self._answer, command_id, after)

    def _answer(self, command_id: str, after: datetime | None = None) -> Decided | Undecided | None:
        row = self.queries.answer(command_id, after=after)
        if row is None:
            return None
        if row["verdict"] not in (ACCEPTED, REFUSED):
            return Undecided(row["site_id"], command_id, row["verdict"] == NOT_DECIDED, row["reason"])
        return Decided(
            site_id=row["site_id"],
            site_seq=row["site_seq"],
            command_id=command_id,
            command_sha256=row["command_sha256"],
            decided_at=row["decided_at"],
            body=row["body"],
            job_id=row["job_id"],
            job_no=row["job_no"],
            permit_id=row["permit_id"],
            permit_no=row["permit_no"],
        )

    async def reached(self, site_id: str, site_seq: int, seconds: float) -> bool:
        """Waits until the register has applied this record; False after `seconds`."""
        return await self.queries.reached(site_id, site_seq, seconds)

    async def site(self, site_id: str) -> Row | None:
        return await asyncio.to_thread(self.queries.site, site_id)

    async def sites(self) -> list[Row]:
        return await asyncio.to_thread(self.queries.sites)

    async def position(self, site_id: str) -> int:
        """site_seq of the last record applied; 0 before the first."""
        row = await self.site(site_id)
        return row["site_seq"] if row else 0

    async def halted(self, site_id: str) -> bool:
        """The site's chain met a record that this release cannot apply; nothing later of it is applied."""
        row = await self.site(site_id)
        return row is not None and row["halted_reason"] is not None

    async def gauges(self) -> Gauges:
        """For /metrics: where the register stands and which sites are halted."""
        positions, sites = await asyncio.to_thread(self.queries.positions), await self.sites()
        of = [({"topic": row["topic"], "partition": str(row["partition"])}, row) for row in positions]
        return {
            "register_next_offset": [(labels, float(row["next_offset"])) for labels, row in of],
            "register_dropped_records": [(labels, float(row["dropped"])) for labels, row in of],
            "site_seq": [({"site": row["site_id"]}, float(row["site_seq"])) for row in sites],
            "site_halted": [({"site": row["site_id"]}, float(row["halted_reason"] is not None)) for row in sites],
        }

    # ---- boards, jobs, tickets -------------------------------------------------------------------------------------

    async def board(self, site_id: str) -> Board:
        """The live board; an empty one for a site without records."""
        return await asyncio.to_thread(self.queries.board_of, site_id) or Board()

    async def board_view(self, site_id: str, filters: Filters | None = None) -> Row | None:
        return await asyncio.to_thread(self.queries.board_view, site_id, filters)

    async def job(self, job_id: str) -> Row | None:
        return await asyncio.to_thread(self.queries.job_view, job_id)

    async def permit_by_no(self, permit_no: str) -> Row | None:
        return await asyncio.to_thread(self.queries.permit_by_no, permit_no)

    async def trail(self, permit_id: str, after: int, limit: int) -> list[Row]:
        return await asyncio.to_thread(self.queries.trail, permit_id=permit_id, after=after, limit=limit)

    async def search(self, site_ids: list[str], filters: Filters, limit: int, offset: int) -> Row:
        return await asyncio.to_thread(self.queries.search, site_ids, filters, limit=limit, offset=offset)

    async def alarms(self, site_id: str) -> list[Row]:
        return await asyncio.to_thread(self.queries.alarms, site_id)

    async def names_document(self, sha256: str, sites: Iterable[str]) -> bool:
        """Whether a record of a job on one of these sites names the document, or an accepted one of a site itself."""
        rows = await asyncio.to_thread(self.queries.document_references, sha256)
        within = set(sites)
        return any(row["site_id"] in within and (row["job_id"] or row["accepted"]) for row in rows)

    # ---- people ----------------------------------------------------------------------------------------------------

    async def names(self, person_ids: Iterable[str], lang: str, *, reader: str) -> dict[str, str]:
        """person_id -> name; the vault keeps a record of who read whose."""
        return await asyncio.to_thread(self.vault.names, tuple(person_ids), lang, reader=reader)
