"""The decider as a worker: one Faust app on `commands`, and what belongs to it.

    parts = worker.build(settings, vouched=heads_the_register_has)
    sys.exit(services.log.run(*parts))

Several deciders share the partitions of `commands`; each needs its own slot (`settings.slot`).
"""

from __future__ import annotations

from services.decider import hooks
from services.decider.decider import SERVICE, Decider, VouchedHeads
from services.decider.halts import Halts
from services.documents import open_store
from services.folding import SNAPSHOT_EVERY, Clock, Snapshots
from services.log import COMMANDS
from services.log.app import LogApp, consume, make_app
from services.settings import Settings


def build(
    settings: Settings, *, vouched: VouchedHeads | None = None, clock: Clock | None = None
) -> tuple[LogApp, Halts]:
    """The app and the service that tells of halts (and holds the Decider): give both to `services.log.run`.

    `vouched` says which heads the register has reached in a partition; without it only snapshots vouch.
    """
    app = make_app(SERVICE, settings.log_url, settings.slot)
    decider = Decider(
        app.log_file,
        settings.slot,
        snapshots=Snapshots(open_store(settings.documents_url)),
        snapshot_every=hooks.snapshot_every(SNAPSHOT_EVERY),
        vouched=vouched,
        clock=clock,
        before_append=hooks.before_append(),
    )
    consumption = consume(app, COMMANDS, decider.handle, on_assigned=decider.assigned, on_revoked=decider.revoked)
    decider.beat = consumption.beat
    return app, Halts(decider)
