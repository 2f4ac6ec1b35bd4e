"""Deciding ahead: a batch of commands against a partition's fold, without writing anything yet."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from services.decider import outcomes
from services.decider.placing import place
from services.decider.wire import Incoming
from services.folding import Counters, Kind, PartitionFold, SiteClocks, SiteFold, advance
from services.log.records import Record
from services.log.topics import OUTCOMES
from services.rulebook import BadPack, rulebook
from services.seven_steps.board import Board
from services.seven_steps.decide import ACCEPTED, decide
from services.seven_steps.fold import find_seen
from services.seven_steps.rules import Rules

#: Give way to the event loop after so many decisions.
DECISIONS_IN_A_ROW = 20
REGISTER_SITE = "register_site"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Aside:
    """A command that gets no outcome but a dead letter: why."""

    incoming: Incoming
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An outcome that is decided and not yet on the log."""

    incoming: Incoming
    value: bytes
    decided_at_real: datetime
    verdict: str


@dataclass(slots=True)
class Plan:
    """What a batch comes to: outcomes to append in this order, the sites as they are then, and what is put aside."""

    entries: list[Entry] = field(default_factory=list)
    sites: dict[str, SiteFold] = field(default_factory=dict)
    aside: list[Aside] = field(default_factory=list)


class Planner:
    """Decides commands one after the other, each against the board the one before it left."""

    def __init__(self, worker: str, clocks: SiteClocks, counters: Counters) -> None:
        self.worker, self.clocks, self.counters = worker, clocks, counters

    async def plan(self, fold: PartitionFold, batch: Sequence[Incoming]) -> Plan:
        """Nothing of `fold` is changed. The outcomes take the offsets from `fold.next_offset` on."""
        plan = Plan()
        for number, incoming in enumerate(batch, 1):
            self._add(fold, plan, incoming)
            if number % DECISIONS_IN_A_ROW == 0:
                await asyncio.sleep(0)
        return plan

    def _add(self, fold: PartitionFold, plan: Plan, incoming: Incoming) -> None:
        site_id = incoming.site_id
        halt = fold.halt_of(site_id)
        if halt is not None:
            plan.aside.append(Aside(incoming, "site_halted", f"at record {halt.site_seq}: {halt.reason}"))
            return
        site = plan.sites.get(site_id) or fold.site(site_id)
        if self._is_known(site.board, incoming):
            return
        if site.board.site is None and incoming.type != REGISTER_SITE:
            plan.aside.append(Aside(incoming, "unknown_site", f"no site {site_id} is registered"))
            return
        offset = fold.next_offset + len(plan.entries)
        try:
            entry, after = self._decide(site, incoming, offset)
        except _NotRegistered as reason:
            plan.aside.append(Aside(incoming, "unknown_site", str(reason)))
        except Exception:
            # Our fault, and this command's alone: the site and its neighbours go on.
            reference = uuid.uuid4().hex[:12]
            logger.exception("command %s could not be decided; reference %s", incoming.command_id, reference)
            plan.aside.append(Aside(incoming, "broken", f"reference {reference}"))
        else:
            plan.entries.append(entry)
            plan.sites[site_id] = after

    def _is_known(self, board: Board, incoming: Incoming) -> bool:
        """A command that has its outcome gets no second one, whatever its body."""
        seen = find_seen(board, incoming.command_id)
        if seen is None:
            return False
        self.counters.add("duplicates", "same" if seen.sha256 == incoming.sha256 else "other_body")
        return True

    def _decide(self, site: SiteFold, incoming: Incoming, offset: int) -> tuple[Entry, SiteFold]:
        """One outcome, and the site after it: folded from its bytes by the very function every reader uses."""
        now = self.clocks.now(incoming.site_id, site)
        real = self.clocks.clock.real()
        command = place(incoming, now, real, partial(self.clocks.passed, incoming.site_id))
        outcome = decide(site.board, command, now, _rules(site.board, incoming))
        if site.board.site is None and outcome.verdict != ACCEPTED:
            raise _NotRegistered(" ".join(refusal.code for refusal in outcome.refusals))
        envelope, value = outcomes.encode(site, incoming, command, outcome, now, self.worker)
        record = Record(OUTCOMES, incoming.record.partition, offset, incoming.site_id.encode(), value, real)
        step = advance(site, envelope, record)
        if step.kind is not Kind.APPLIED:
            raise RuntimeError(f"what was decided can't be folded: {step.site.halt}")
        return Entry(incoming, value, real, outcome.verdict), step.site


class _NotRegistered(Exception):
    """The registration of a site was refused: its chain begins with the accepted one."""


def _rules(board: Board, incoming: Incoming) -> Rules:
    """The packs that bind on the site; those it is about to be registered with must exist as well."""
    if board.site is not None:
        return rulebook(board.site.packs)
    try:
        return rulebook(tuple(incoming.client["payload"]["packs"]))
    except BadPack as error:
        raise _NotRegistered(str(error)) from error
