"""The watcher as a worker.

    sys.exit(services.log.run(*worker.build(settings)))

One is enough; a second one does no harm. It belongs to no consumer group: it reads
`outcomes` and `telemetry` of every partition.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from mode import Service

from services.documents import open_store
from services.folding import Clock, Snapshots, Vouched
from services.log import open_log
from services.settings import Settings
from services.watcher.watcher import LOOK_EVERY, Watcher


class WatcherService(Service):
    """Opens the log when it starts, closes it when it stops; a failure of either task ends the process."""

    def __init__(
        self,
        settings: Settings,
        *,
        vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        snapshots = Snapshots(open_store(settings.documents_url))
        self.watcher = Watcher(open_log(settings.log_url), snapshots=snapshots, vouched=vouched, clock=clock)

    async def on_start(self) -> None:
        await self.watcher.open()

    @Service.task
    async def _follow(self) -> None:
        await self.watcher.follow()

    @Service.task
    async def _listen(self) -> None:
        await self.watcher.listen()

    @Service.task
    async def _watch(self) -> None:
        await self.watcher.watch(LOOK_EVERY)

    async def on_shutdown(self) -> None:
        await self.watcher.log.close()


def build(
    settings: Settings,
    *,
    vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
    clock: Clock | None = None,
) -> tuple[WatcherService]:
    """What `services.log.run` is to run. `vouched` says which heads the register has reached in a partition."""
    return (WatcherService(settings, vouched=vouched, clock=clock),)
