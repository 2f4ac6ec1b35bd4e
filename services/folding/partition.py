"""All sites of one partition of `outcomes`, folded in the order of its offsets."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.folding.counters import Counters
from services.folding.site import DROPPED, EMPTY_SITE, Halt, Kind, SiteFold, Step, advance, halted, read_record
from services.log.records import Record

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vouched:
    """A head somebody has already built on: a fold that does not reach it has lost a record.

    by: who vouches, for the message ("register", "snapshot", "checkpoint")
    """

    site_id: str
    site_seq: int
    record_hash: str
    by: str


class PartitionFold:
    """The boards of a partition. `apply` every record in order; ask `check_vouched` once the end is reached.

    sites:       by site id; a site without records is not in it (use `site`)
    next_offset: the record it waits for
    halted:      why nothing of this partition is applied any more; empty while all is well
    """

    def __init__(
        self,
        partition: int,
        counters: Counters | None = None,
        *,
        sites: Mapping[str, SiteFold] | None = None,
        next_offset: int = 0,
        starts: Mapping[str, int] | None = None,
    ) -> None:
        """`starts` says from which offset on a loaded site still needs its records (default: all of them)."""
        self.partition = partition
        self.counters = counters or Counters()
        self.sites: dict[str, SiteFold] = dict(sites or {})
        self.next_offset = next_offset
        self.halted = ""
        #: the heads it was loaded with from snapshots, by site
        self.loaded = {site_id: site.head.site_seq for site_id, site in self.sites.items()}
        self._starts = dict(starts or {})
        self._vouched: dict[str, list[Vouched]] = {}

    def site(self, site_id: str) -> SiteFold:
        return self.sites.get(site_id, EMPTY_SITE)

    def halt_of(self, site_id: str) -> Halt | None:
        """Why this site takes no commands; None if it does."""
        if self.halted:
            return Halt(self.site(site_id).head.site_seq + 1, self.next_offset, self.halted)
        return self.site(site_id).halt

    def halts(self) -> dict[str, Halt]:
        """Every halted site that has been seen."""
        found = {site_id: self.halt_of(site_id) for site_id in self.sites}
        return {site_id: halt for site_id, halt in found.items() if halt is not None}

    def apply(self, record: Record) -> Step:
        """Fold one record. A record that is not at `next_offset` halts the partition: something is missing."""
        if not self.halted and record.offset != self.next_offset:
            self.halt(f"offset {record.offset} follows {self.next_offset - 1}: records are missing")
        if self.halted:
            return self._counted(Step(Kind.AFTER_HALT, record))
        self.next_offset = record.offset + 1
        envelope = read_record(record)
        if envelope is None:
            logger.error("outcomes %d/%d: an envelope that can't be read", self.partition, record.offset)
            return self._counted(Step(Kind.UNREADABLE, record))
        site_id = envelope.site_id
        site = self.site(site_id)
        if record.offset < self._starts.get(site_id, 0):
            return Step(Kind.FOLDED_BEFORE, record, site_id, site, envelope)
        step = advance(site, envelope, record)
        if step.kind is Kind.APPLIED and (wrong := self._disowned(site_id, step.site)):
            reason = f"record {wrong.site_seq} is not the one the {wrong.by} vouches for"
            step = Step(Kind.HALTING, record, site_id, halted(site, record.offset, reason), envelope)
        if step.kind in (Kind.APPLIED, Kind.HALTING):
            self.sites[site_id] = step.site
        return self._counted(step)

    def _counted(self, step: Step) -> Step:
        if step.kind in DROPPED:
            self.counters.add("dropped", step.kind.value)
        elif step.kind is Kind.HALTING:
            self.counters.add("halted_sites")
            self._say_halted(step.site_id)
        else:
            self.counters.add("records", step.kind.value)
        return step

    def _disowned(self, site_id: str, site: SiteFold) -> Vouched | None:
        for vouched in self._vouched.get(site_id, ()):
            if vouched.site_seq == site.head.site_seq and vouched.record_hash != site.head.record_hash:
                return vouched
        return None

    def vouch(self, heads: Iterable[Vouched]) -> None:
        """Take note of heads that must be reached. Give them before folding: what is passed is compared on the way."""
        for head in heads:
            self._vouched.setdefault(head.site_id, []).append(head)

    def check_vouched(self) -> list[str]:
        """At the end of the partition: halt every site whose head does not reach a head vouched for; their ids."""
        lost = []
        for site_id, heads in self._vouched.items():
            site = self.site(site_id)
            missing = [vouched for vouched in heads if vouched.site_seq > site.head.site_seq]
            wrong = self._disowned(site_id, site)
            if site.halt is not None or not (missing or wrong):
                continue
            if missing:
                worst = max(missing, key=lambda vouched: vouched.site_seq)
                reason = (
                    f"the log ends at record {site.head.site_seq}, the {worst.by} knows record {worst.site_seq}: "
                    "records are missing"
                )
            else:
                assert wrong is not None
                reason = f"record {wrong.site_seq} is not the one the {wrong.by} vouches for"
            self.sites[site_id] = halted(site, self.next_offset, reason)
            self.counters.add("halted_sites")
            self._say_halted(site_id)
            lost.append(site_id)
        return lost

    def halt(self, reason: str) -> None:
        """Halt the whole partition: nothing of it is applied any more."""
        if not self.halted:
            self.halted = reason
            self.counters.add("halted_partitions")
            logger.critical("outcomes, partition %d is halted: %s", self.partition, reason)

    def commit(self, sites: Mapping[str, SiteFold], next_offset: int) -> None:
        """Take over sites that the writer folded ahead, now that their records stand on the log up to `next_offset`."""
        self.counters.add("records", Kind.APPLIED.value, next_offset - self.next_offset)
        self.sites.update(sites)
        self.next_offset = next_offset

    def _say_halted(self, site_id: str) -> None:
        halt = self.sites[site_id].halt
        assert halt is not None
        logger.critical("site %s is halted at record %d: %s", site_id, halt.site_seq, halt.reason)
