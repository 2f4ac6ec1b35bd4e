"""Snapshots: a partition's boards as folded so far, so that start-up does not grow with history.

Written by the decider alone, to the shelf `snapshots` of the document store, outside its sweep:

    <sha256>.json            one site: board, chain head, its log offset, fold version, digest
    p007-000000000000005000-<sha256>.json
                             the manifest: at this offset of partition 7, these are all its sites and their snapshots

The newest two manifests of a partition are kept, and the snapshots they name. Nothing here is believed: a manifest
and a snapshot count only if their bytes have the digest in their name, the board has the digest that is written, the
site is the one asked for, and the log holds the very record of its head. A bad one is reported and ignored; one of
another fold version is ignored. A snapshot that counts vouches for its head.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.documents.errors import DocumentError
from services.documents.store import FileStore, Shelf
from services.folding.counters import Counters
from services.folding.partition import PartitionFold, Vouched
from services.folding.site import EMPTY_SITE, SiteFold
from services.log.chain import Head
from services.log.errors import PartitionHalted
from services.log.interface import Log
from services.log.records import UnreadableEnvelope, read_envelope, record_hash
from services.log.topics import OUTCOMES
from services.rulebook import BadPack, rulebook
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.codec import digest, plain, restore
from services.seven_steps.fold import FOLD_VERSION

SNAPSHOT_EVERY = 5_000  # outcomes of one site between two snapshots (design: memory and growth)
KEPT = 2  # manifests of a partition, the newest
SHELF = "snapshots"
FORMAT = 1
_MANIFEST = re.compile(r"p(?P<partition>\d{3})-(?P<offset>\d{18})-(?P<sha256>[0-9a-f]{64})\.json")

logger = logging.getLogger(__name__)


class BadSnapshot(Exception):
    """A manifest or snapshot that does not count. Its text says why."""


class OtherVersion(Exception):
    """Written by a release whose fold gives another board: ignored without a word."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """sites: by site id, from which offset on its records are still needed, and the name of its snapshot ("" : none
    yet, its first record is still to be understood)."""

    partition: int
    next_offset: int
    sites: Mapping[str, tuple[int, str]]


class Snapshots:
    """Reads and writes them. `write` blocks on the disk: call it in a thread."""

    def __init__(self, store: FileStore, counters: Counters | None = None) -> None:
        self._shelf: Shelf = store.shelf(SHELF)
        self.counters = counters or Counters()

    # ---- writing ---------------------------------------------------------------------------------------------------

    def write(self, partition: int, next_offset: int, sites: Mapping[str, SiteFold]) -> None:
        """Write every site's snapshot and then the manifest that names them; forget what is older than the last two.

        `sites` are immutable values: the caller may go on folding meanwhile.
        """
        named = {}
        known = {name for _, manifest in self._manifests(partition) for _, name in manifest.sites.values()}
        for site_id, site in sites.items():
            name = self._write_site(site_id, site, known) if site.head.site_seq else ""
            named[site_id] = [next_offset if site.halt is None else site.halt.offset, name]
        manifest = {"manifest": FORMAT, "partition": partition, "next_offset": next_offset, "sites": named}
        data = canonical(manifest)
        self._shelf.write(f"p{partition:03d}-{next_offset:018d}-{sha256_hex(data)}.json", data)
        self.counters.add("snapshots", "written")
        self._forget(partition)

    def _write_site(self, site_id: str, site: SiteFold, known: set[str]) -> str:
        assert site.decided_at_real is not None
        snapshot = {
            "snapshot": FORMAT,
            "fold_version": FOLD_VERSION,
            "site_id": site_id,
            "site_seq": site.head.site_seq,
            "head": site.head.record_hash,
            "offset": site.offset,
            "decided_at_real": site_time.stamp(site.decided_at_real),
            "digest": digest(site.board),
            "board": plain(site.board),
        }
        data = canonical(snapshot)
        name = f"{sha256_hex(data)}.json"
        if name not in known:
            self._shelf.write(name, data)
        return name

    def _forget(self, partition: int) -> None:
        """Remove the partition's manifests beyond the newest two, and the snapshots that only they named."""
        mine = self._manifests(partition)
        kept, gone = mine[-KEPT:], mine[:-KEPT]
        needed = {name for _, manifest in kept for _, name in manifest.sites.values()}
        for manifest_name, manifest in gone:
            self._shelf.remove(manifest_name)
            for name in {name for _, name in manifest.sites.values()} - needed - {""}:
                self._shelf.remove(name)

    # ---- reading ---------------------------------------------------------------------------------------------------

    def _manifests(self, partition: int) -> list[tuple[str, Manifest]]:
        """The readable ones of a partition, oldest first; a bad one is reported."""
        found = []
        for name in self._shelf.names():
            parts = _MANIFEST.fullmatch(name)
            if parts is None or int(parts["partition"]) != partition:
                continue
            try:
                found.append((name, self._manifest(name, parts["sha256"], partition)))
            except BadSnapshot as reason:
                self._report(name, reason)
        return found

    def _manifest(self, name: str, sha256: str, partition: int) -> Manifest:
        found = self._checked(name, sha256)
        try:
            if found["manifest"] != FORMAT or found["partition"] != partition:
                raise BadSnapshot("it is of another partition or format")
            sites = {site_id: (int(start), str(name)) for site_id, (start, name) in found["sites"].items()}
            return Manifest(partition, int(found["next_offset"]), sites)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadSnapshot(f"it is no manifest: {error!r}") from error

    def _checked(self, name: str, sha256: str) -> dict[str, Any]:
        try:
            data = self._shelf.read(name)
        except (DocumentError, OSError) as error:
            raise BadSnapshot(f"it can't be read: {error}") from error
        if sha256_hex(data) != sha256:
            raise BadSnapshot("its bytes are not those it was written with")
        try:
            found = json.loads(data)
        except ValueError as error:
            raise BadSnapshot("it is no JSON") from error
        if not isinstance(found, dict):
            raise BadSnapshot("it is no object")
        return found

    async def load(self, log: Log, partition: int) -> PartitionFold:
        """The fold of a partition to go on from: at the newest snapshots that count, or at the beginning."""
        end = await log.end(OUTCOMES, partition)
        sites: dict[str, SiteFold] = {}
        starts: dict[str, int] = {}
        vouched: list[Vouched] = []
        newest: Manifest | None = None
        for _, manifest in reversed(await asyncio.to_thread(self._manifests, partition)):
            if manifest.next_offset > end:
                self._report(f"manifest at {manifest.next_offset}", BadSnapshot("it is ahead of the log"))
                continue
            newest = newest or manifest
            for site_id, (start, name) in manifest.sites.items():
                if site_id in newest.sites:
                    site = await self._load_site(log, partition, site_id, name)
                    if site is not None:
                        vouched.append(Vouched(site_id, site.head.site_seq, site.head.record_hash, "snapshot"))
                    if site is not None and site_id not in sites:
                        sites[site_id], starts[site_id] = site, start
                    elif name == "":
                        starts.setdefault(site_id, start)
        if newest is None:
            return PartitionFold(partition, self.counters)
        first = min((starts.get(site_id, 0) for site_id in newest.sites), default=newest.next_offset)
        fold = PartitionFold(partition, self.counters, sites=sites, next_offset=first, starts=starts)
        fold.vouch(vouched)
        return fold

    async def heads(self, log: Log, partition: int) -> list[Vouched]:
        """The heads that good snapshots vouch for, for readers that fold from the beginning (rebuild, replay)."""
        found = []
        for _, manifest in await asyncio.to_thread(self._manifests, partition):
            for site_id, (_, name) in manifest.sites.items():
                site = await self._load_site(log, partition, site_id, name)
                if site is not None:
                    found.append(Vouched(site_id, site.head.site_seq, site.head.record_hash, "snapshot"))
        return found

    async def _load_site(self, log: Log, partition: int, site_id: str, name: str) -> SiteFold | None:
        if name == "":
            return None
        try:
            site = await asyncio.to_thread(self._site, name, site_id)
            await self._check_record(log, partition, site_id, site)
            return site
        except BadSnapshot as reason:
            self._report(name, reason)
        except OtherVersion:
            self.counters.add("snapshots", "other_version")
        return None

    def _site(self, name: str, site_id: str) -> SiteFold:
        found = self._checked(name, name.removesuffix(".json"))
        try:
            if found["snapshot"] != FORMAT or found["fold_version"] != FOLD_VERSION:
                raise OtherVersion
            if found["site_id"] != site_id:
                raise BadSnapshot(f"it is of site {found['site_id']}, not of {site_id}")
            board = restore(Board, found["board"])
            if digest(board) != found["digest"] or (board.seq, board.head) != (found["site_seq"], found["head"]):
                raise BadSnapshot("its board is not the one it was written with")
            if board.site is not None:
                rulebook(board.site.packs)
            if not isinstance(found["offset"], int) or found["offset"] < 0:
                raise BadSnapshot("its offset is no number")
            head = Head(found["site_seq"], found["head"])
            real = site_time.parse(found["decided_at_real"])
            return replace(EMPTY_SITE, board=board, head=head, offset=found["offset"], decided_at_real=real)
        except BadPack as error:
            raise BadSnapshot(f"rule packs: {error}") from error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BadSnapshot(f"it is no snapshot: {error!r}") from error

    async def _check_record(self, log: Log, partition: int, site_id: str, site: SiteFold) -> None:
        """The log must hold the record of the snapshot's head where the snapshot says."""
        try:
            records = await log.read(OUTCOMES, partition, site.offset, 1)
        except PartitionHalted as error:
            raise BadSnapshot(f"the log can't be read there: {error}") from error
        if not records or records[0].offset != site.offset or record_hash(records[0].value) != site.head.record_hash:
            raise BadSnapshot(f"the log does not hold its record {site.head.site_seq} at offset {site.offset}")
        try:
            envelope = read_envelope(records[0].value)
        except UnreadableEnvelope as error:
            raise BadSnapshot("its record can't be read") from error
        if (envelope.site_id, envelope.site_seq) != (site_id, site.head.site_seq):
            raise BadSnapshot("its record is another one")

    def _report(self, name: str, reason: BadSnapshot) -> None:
        self.counters.add("snapshots", "bad")
        logger.error("snapshot %s is ignored: %s", name, reason)
