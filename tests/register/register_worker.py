"""The register as a process of its own, to be killed: `register_worker.py LOG_URL REGISTER_URL '{"die_at": 3}'`.

Keys of the plan:
`write`: histories are written first, by site: {"site-a": seed};
`die_at`: it kills itself at this transaction, `before` it is committed or after;
`read`: records of one transaction while catching up;
`more`: a seed: once it has caught up, a further site's history is written record by record while it runs.
It ends by itself, code 0, when it has applied everything.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys

import mode

from services.log import open_log, run
from services.log.app import LogApp
from services.log.topics import OUTCOMES
from services.register import follower, make_worker, open_queries
from services.register.projector import Projector
from tests.register.worlds import eventful


async def write(log_url: str, histories: dict[str, int]) -> None:
    async with open_log(log_url) as log:
        await log.ensure_topics()
        for site, seed in histories.items():
            await eventful(seed, 25, site).write(log)


def die_at(number: int, *, before: bool) -> None:
    """Patches the projector of this process: SIGKILL at its n-th transaction."""
    name = "_write" if before else "_committed"
    real, count = getattr(Projector, name), 0

    def dying(self: Projector, *args: object) -> None:
        nonlocal count
        count += 1
        if count == number:
            if before:
                real(self, *args)
            os.kill(os.getpid(), signal.SIGKILL)
        real(self, *args)

    setattr(Projector, name, dying)


class Watcher(mode.Service):
    """Writes what `more` asks for, and ends the process when the register has applied everything."""

    def __init__(self, app: LogApp, register_url: str, more: int | None) -> None:
        super().__init__()
        self.worker, self.queries, self.more = app, open_queries(register_url), more

    @mode.Service.task
    async def watch(self) -> None:
        log = self.worker.log_file
        if self.more is not None:
            world = eventful(self.more, 10, "site-more")
            for seq, value in enumerate(world.values, 1):
                await log.append(OUTCOMES, world.site, value)
                if seq % 10 == 0 and not await self.queries.reached(world.site, seq, 20):
                    os._exit(3)
        ends = {p: await log.end(OUTCOMES, p) for p in range(log.partitions(OUTCOMES))}
        while any(self.reached(p) < end for p, end in ends.items()):
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    def reached(self, partition: int) -> int:
        rows = [r for r in self.queries.positions() if (r["topic"], r["partition"]) == (OUTCOMES, partition)]
        return rows[0]["next_offset"] if rows else 0


def main() -> int:
    log_url, register_url, plan = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    if "write" in plan:
        asyncio.run(write(log_url, plan["write"]))
        return 0
    follower.READ_AT_ONCE = plan.get("read", follower.READ_AT_ONCE)
    if "die_at" in plan:
        die_at(plan["die_at"], before=plan.get("before", False))
    app = make_worker(log_url, register_url)
    return run(app, Watcher(app, register_url, plan.get("more")))


if __name__ == "__main__":
    sys.exit(main())
