"""Reading the whole log from its first record: is every chain whole, and does the register say the same?

A fresh fold without snapshots is held against every head the register has vouched for, against the register's board
of each site, and against the fold from the newest snapshot. Runs beside the server: it opens the log read-only.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from services import signing
from services.documents import open_store
from services.folding import Kind, PartitionFold, Snapshots, Step, load
from services.folding.loading import catch_up
from services.folding.site import DROPPED, SiteFold
from services.log import OUTCOMES, open_log
from services.log.interface import Log
from services.register.queries import Queries, open_queries
from services.settings import Settings
from services.seven_steps import codec
from services.seven_steps.board import Board
from services.seven_steps.signature_keys import KEY_NOT_VALID


@dataclass(slots=True)
class Checked:
    """problems: one line each; empty means everything held. digests: the board of each site, as folded afresh.

    register_behind: sites whose register is still on its way, so that only its vouched head could be checked
    """

    outcomes: int = 0
    accepted: int = 0
    refused: int = 0
    dropped: int = 0
    register_compared: int = 0
    register_behind: int = 0
    snapshots_compared: int = 0
    signatures: Counter[str] = field(default_factory=Counter)  # by means: that many commands of accepted outcomes
    digests: dict[str, str] = field(default_factory=dict)
    deciders: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def valid(self) -> bool:
        return not self.problems

    def plain(self) -> dict[str, Any]:
        return {
            "valid": self.valid,
            "outcomes": self.outcomes,
            "accepted": self.accepted,
            "refused": self.refused,
            "dropped": self.dropped,
            "register_compared": self.register_compared,
            "register_behind": self.register_behind,
            "snapshots_compared": self.snapshots_compared,
            "signatures": dict(self.signatures),
            "sites": self.digests,
            "deciders": dict(self.deciders),
            "problems": self.problems,
        }


async def check(settings: Settings, sites: frozenset[str] | None = None) -> Checked:
    """Read everything. sites: count and compare only these (a shared log has others); all chains are followed."""
    logging.getLogger("services.folding").setLevel(logging.CRITICAL + 1)  # what is wrong is told as a problem, once
    found = Checked()
    queries = open_register(settings)
    snapshots = Snapshots(open_store(settings.documents_url))
    log = open_log(settings.log_url, read_only=settings.embedded)
    try:
        async with log:
            for partition in range(log.partitions(OUTCOMES)):
                await _check_partition(log, partition, queries, snapshots, found, sites)
    finally:
        if queries is not None:
            queries.close()
    return found


def open_register(settings: Settings) -> Queries | None:
    """None where there is no register yet: then only the log is checked."""
    if settings.register_url.startswith("sqlite:///"):
        path = Path(settings.register_url.removeprefix("sqlite:///"))
        if not path.exists():
            return None
    return open_queries(settings.register_url)


async def _check_partition(
    log: Log,
    partition: int,
    queries: Queries | None,
    snapshots: Snapshots,
    found: Checked,
    sites: frozenset[str] | None,
) -> None:
    fold = PartitionFold(partition)
    if await log.begin(OUTCOMES, partition) > 0:
        found.problems.append(f"partition {partition}: the log does not start at offset 0")
        return
    if queries is not None:
        fold.vouch(await queries.vouched(partition))
    boards: dict[str, Board] = {}
    await catch_up(log, fold, on_step=lambda step: _count(step, found, sites, boards))
    fold.check_vouched()
    if fold.halted:
        found.problems.append(f"partition {partition}: {fold.halted}")
        return
    quick = await load(log, partition, snapshots)
    for site_id, site in fold.sites.items():
        if sites is not None and site_id not in sites:
            continue
        if site.halt is not None:
            found.problems.append(f"site {site_id}: halted at record {site.halt.site_seq}: {site.halt.reason}")
            continue
        found.digests[site_id] = codec.digest(site.board)
        if site_id in quick.loaded:
            _compare_snapshot(site_id, site, quick.site(site_id), found)
        if queries is not None:
            _compare_register(site_id, site, queries, found)


def _count(step: Step, found: Checked, sites: frozenset[str] | None, boards: dict[str, Board]) -> None:
    """boards: as they stood before the step, by site: whose key it was then decides whether a signature holds."""
    if sites is not None and step.site_id not in sites:
        return
    if step.kind in DROPPED:
        found.dropped += 1
    if step.kind is not Kind.APPLIED or step.body is None:
        return
    found.outcomes += 1
    if step.body["verdict"] == "accepted":
        found.accepted += 1
    else:
        found.refused += 1
    found.deciders[step.body["worker"]] += 1
    _check_signature(step, found, boards.get(step.site_id, Board()))
    boards[step.site_id] = step.site.board


def _check_signature(step: Step, found: Checked, board: Board) -> None:
    """From the log alone: the command, its signature and the keys registered until then."""
    assert step.body is not None
    if step.body["verdict"] != "accepted" or KEY_NOT_VALID in step.body["notes"]:
        return
    signature = step.body["gateway"]["signature"]
    found.signatures[signature["means"]] += 1
    try:
        signing.check(board, step.body["client"], signature)
    except signing.BadSignature as bad:
        found.problems.append(f"site {step.site_id}: record {board.seq + 1}: {bad}")


def _compare_snapshot(site_id: str, site: SiteFold, quick: SiteFold, found: Checked) -> None:
    """The decider may have gone on meanwhile: only the same record is compared."""
    if quick.head != site.head:
        return
    found.snapshots_compared += 1
    if codec.digest(quick.board) != found.digests[site_id]:
        found.problems.append(f"site {site_id}: the fold from the snapshot differs at record {site.head.site_seq}")


def _compare_register(site_id: str, site: SiteFold, queries: Queries, found: Checked) -> None:
    board = queries.board_of(site_id)
    if board is None or board.seq != site.head.site_seq:
        found.register_behind += 1
        return
    found.register_compared += 1
    if _without_ids(board) != _without_ids(site.board):
        found.problems.append(f"site {site_id}: the register's board differs from the log's at record {board.seq}")


def _without_ids(board: Board) -> str:
    return codec.digest(replace(board, seen={}))
