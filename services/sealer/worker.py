"""The sealer as a worker.

    sys.exit(services.log.run(*worker.build(settings)))

One is enough; a second one makes documents that nobody reports. It belongs to no consumer group: it folds every
partition.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from mode import Service

from services.documents import open_store
from services.folding import Clock, SystemClock, Vouched
from services.log import open_log
from services.sealer.keys import seal_files
from services.sealer.process import SealingProcess
from services.sealer.seal import load_signer
from services.sealer.sealer import Sealer, Tools
from services.settings import Settings
from services.vault.store import open_vault


class SealerService(Service):
    """Makes the development seal if there is none (raises BadKeys), opens the log when it starts; the failure of a task
    ends the process. `ready` is what is folded; documents are made from then on."""

    def __init__(
        self,
        settings: Settings,
        *,
        vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        files = seal_files(settings.keys)
        load_signer(files)  # a key that can't seal is found now, not at the first issue
        process = SealingProcess(files)
        self.vault = open_vault(settings.vault_url)
        tools = Tools(
            open_log(settings.log_url), open_store(settings.documents_url), self.vault, process, settings.url,
            clock or SystemClock(),
        )  # fmt: skip
        self.sealer = Sealer(tools, vouched=vouched)

    async def on_start(self) -> None:
        await self.sealer.open()

    @Service.task
    async def _follow(self) -> None:
        await self.sealer.follow()

    @Service.task
    async def _work(self) -> None:
        await self.sealer.work()

    async def on_shutdown(self) -> None:
        await self.sealer.tools.process.close()
        self.vault.close()
        await self.sealer.tools.log.close()


def build(
    settings: Settings,
    *,
    vouched: Callable[[int], Awaitable[Iterable[Vouched]]] | None = None,
    clock: Clock | None = None,
) -> tuple[SealerService]:
    """What `services.log.run` is to run. `vouched` says which heads the register has reached in a partition."""
    return (SealerService(settings, vouched=vouched, clock=clock),)
