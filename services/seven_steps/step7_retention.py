"""Step 7, retention and purge 保存与清理: what of closed jobs may go, and from when (GB 30871-2022 B.3; AQ 3064.2 4.2).

A purge names a moment: the files of every job closed until then may go. So the board keeps one moment for each kind,
whatever the number of jobs, and the register knows which jobs those are. Files are plans, photos and PDFs in the
document store; the next sweep takes them. Videos lie on their recorders: for them the purge is the word that they may
be deleted there. The log stays: what happened, and the SHA-256 of every file, is never purged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.seven_steps import codes, roles, site_time
from services.seven_steps.board import Board, Purge
from services.seven_steps.event import event, put, stated
from services.seven_steps.gate import Boundary, Case
from services.seven_steps.spec import ACT, SITE, CommandSpec, Decision, Refused

Data = Mapping[str, Any]


# ---- decide --------------------------------------------------------------------------------------------------------


def purge(case: Case) -> Decision:
    payload = case.command.payload
    before = case.board.purges.get(payload["what"])
    if before is not None and site_time.parse(payload["closed_to"]) <= before.closed_to:
        have = site_time.stamp(before.closed_to)
        return Refused(codes.WRONG_STATE, about=payload["what"], have=have, need=":later_than_the_last_purge")
    return (event(case, "documents.purged", **payload),)


# ---- evolve --------------------------------------------------------------------------------------------------------


def documents_purged(board: Board, data: Data) -> Board:
    done = Purge(data["what"], site_time.parse(data["closed_to"]), stated(board, data))
    return replace(board, purges=put(board.purges, done.what, done))


APPLIERS = {("documents.purged", 1): documents_purged}

COMMANDS = (CommandSpec("purge", ACT, frozenset({roles.HSE, roles.ADMIN}), SITE, purge, boundary=Boundary.PURGE),)
