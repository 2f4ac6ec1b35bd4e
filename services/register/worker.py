"""The register's Faust app: follows `outcomes` and `dead_letters` and applies them to the tables.

What was acknowledged to the broker does not matter here: on assignment each partition is caught up from the position
in the database by reading the log itself, and every batch is cut at that position.
"""

from __future__ import annotations

import logging

from services import sql
from services.log.app import LogApp, consume, make_app
from services.log.records import Record
from services.log.topics import DEAD_LETTERS, OUTCOMES
from services.register.bell import bell_of
from services.register.follower import Follower
from services.register.projector import Projector

logger = logging.getLogger(__name__)


def make_worker(log_url: str, register_url: str, slot: int = 0) -> LogApp:
    """The app, ready for `services.log.run`. The database is opened and its tables made here."""
    engine = sql.open_database(register_url, durable=False)  # what a power cut takes is read again from the log
    projector = Projector(engine, bell_of(register_url))
    if projector.bring_up_to_date():
        logger.warning("the register was made by another version: it is read from the log again")
    app = make_app("register", log_url, slot)
    follower = Follower(projector, lambda: app.log_file)
    for topic in (OUTCOMES, DEAD_LETTERS):
        _follow(app, follower, topic)
    return app


def _follow(app: LogApp, follower: Follower, topic: str) -> None:
    async def handle(partition: int, records: list[Record]) -> None:
        await follower.take(topic, partition, records)

    async def assigned(partitions: set[int]) -> None:
        for partition in sorted(partitions):
            await follower.start(topic, partition, consumption.beat)

    consumption = consume(app, topic, handle, on_assigned=assigned)
