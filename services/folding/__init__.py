"""From outcomes to boards: the one way every reader folds the log. Used by decider, register, timekeeper and replay.

    fold = await load(log, partition, snapshots, vouched)   # from the newest good snapshot, or from the beginning
    await catch_up(log, fold)                               # to the partition's end
    fold.sites["plant-a"].board                             # what is live on that site
    step = fold.apply(record)                               # one record; what it was, and the site after it

What a record is to a site (design, section 2) is decided in one place, `advance`:

1. not the next link of the chain, or out of time: dropped and counted, by every reader alike;
2. the next link, and understood: applied;
3. the next link, but of an unknown version, undecodable, or `evolve` fails: the site is halted there.

An envelope that can't be read is dropped, counted and alarmed. A gap in a partition's offsets, or a log that starts
above offset 0, halts the partition. A fold whose head does not reach every head vouched for is halted (`vouch`).
"""

from services.folding.clocks import Clock, SiteClocks, SystemClock
from services.folding.counters import Counters
from services.folding.following import Follower, SiteNow
from services.folding.loading import catch_up, load
from services.folding.partition import PartitionFold, Vouched
from services.folding.reading import CannotRead, read_body
from services.folding.site import EMPTY_SITE, Halt, Kind, SiteFold, Step, advance
from services.folding.snapshots import SNAPSHOT_EVERY, Snapshots

__all__ = [
    "EMPTY_SITE",
    "SNAPSHOT_EVERY",
    "CannotRead",
    "Clock",
    "Counters",
    "Follower",
    "Halt",
    "Kind",
    "PartitionFold",
    "SiteClocks",
    "SiteFold",
    "SiteNow",
    "Snapshots",
    "Step",
    "SystemClock",
    "Vouched",
    "advance",
    "catch_up",
    "load",
    "read_body",
]
