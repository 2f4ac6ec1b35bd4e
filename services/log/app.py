"""Faust, set up so that it keeps what it is given. The only module of the product, with `consuming`, that knows Faust.

The settings and the reasons are those measured on Faust 0.15.3 and Kafka 4.3.0: at-least-once with explicit
acknowledgement, a crashing supervisor, static membership and a 10 s session (a restart after kill -9 is back at once;
with the defaults it takes minutes), no tables, no web server, no topics made behind our back.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import faust
import mode

from services.log.consuming import BATCH_LIMIT, Consumption, HandleBatch, OnPartitions
from services.log.dead_letters import dead_letter
from services.log.errors import LogError, LogLocked, TopicsWrong
from services.log.interface import Log
from services.log.sqlite_transport import Transport as SqliteTransport
from services.log.topics import TOPICS
from services.log.watchdog import LoopWatch, watch_progress

SESSION_TIMEOUT_S = 10.0
HEARTBEAT_S = 3.0
COMMIT_EVERY_S = 1.0
COMMIT_EVERY_RECORDS = 500
POLL_RECORDS = 500
CHANNEL_RECORDS = 256
EXIT_OK, EXIT_BROKEN, EXIT_LOCKED = 0, 1, 2

log = logging.getLogger(__name__)


class LogApp(faust.App):
    """One service's Faust app. `log` is its open log; use `consume`, not agents."""

    def __init__(self, service: str, log_url: str, slot: int, **settings: Any) -> None:
        self.service_name, self.log_url, self.slot = service, log_url, slot
        self.consumptions: list[Consumption] = []
        self.failure: BaseException | None = None
        self._log: Log | None = None
        self._watch: asyncio.Task[None] | None = None
        super().__init__(f"sevengates-{service}", **settings)

    def open(self) -> Log:
        """Open the log behind `log_url`. Raises LogLocked or LogUnusable."""
        if self._log is None:
            from services.log import open_log

            self._log = open_log(self.log_url)
        return self._log

    @property
    def log_file(self) -> Log:
        """This app's log, opened when it is first needed (`log` is Faust's logger)."""
        return self.open()

    def _new_transport(self) -> Any:
        return self._transport_class()(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return self._transport_class()(self.conf.broker_producer, self)

    def _transport_class(self) -> type:
        if self.log_url.startswith("kafka:"):
            from services.log.kafka_transport import Transport

            return Transport
        return SqliteTransport

    def _create_directories(self) -> None:
        """No tables, so no folders."""

    async def on_first_start(self) -> None:
        await super().on_first_start()
        report = await self.log_file.check_topics()
        if not report.right:
            raise TopicsWrong(report.problems)

    async def on_started(self) -> None:
        self._watch = asyncio.create_task(watch_progress(self), name=f"{self.service_name}-watchdog")
        await super().on_started()

    async def on_stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await super().on_stop()

    async def on_shutdown(self) -> None:
        await super().on_shutdown()
        for transport in (self._transport, self._producer_transport):
            if isinstance(transport, SqliteTransport):
                await transport.close_log()
        if self._log is not None:
            held, self._log = self._log, None
            await held.close()

    def committed(self, topic: str, partition: int) -> int | None:
        """The offset this app has committed in a partition it owns, None if none."""
        return self.consumer._committed_offset.get(faust.types.TP(topic, partition))

    def fail(self, error: BaseException | None) -> None:
        """Crash the worker, once: the process ends non-zero."""
        if self.failure is None and error is not None:
            self.failure = error
            log.critical("%s: %s: %s", self.service_name, type(error).__name__, error, exc_info=error)
            self._failing = asyncio.ensure_future(self.crash(error))


def _brokers(log_url: str) -> list[str]:
    if log_url.startswith("kafka:"):
        from services.log.kafka_log import servers_of

        return [f"kafka://{server}" for server in servers_of(log_url)]
    return [log_url]


def make_app(service: str, log_url: str, slot: int = 0) -> LogApp:
    """A Faust app for `service`; its consumer group is `sevengates-<service>`.

    `slot` numbers the processes of one service on Kafka (static membership `<service>-<slot>`): two live processes
    with one slot fence each other.
    """
    return LogApp(
        service,
        log_url,
        slot,
        version=1,
        broker=_brokers(log_url),
        autodiscover=False,
        # No folder is made; the default would name one after the app in the current directory.
        datadir=Path(tempfile.gettempdir()) / f"sevengates-{os.getpid()}",
        processing_guarantee="at_least_once",
        agent_supervisor=mode.CrashingSupervisor,
        topic_allow_declare=False,
        topic_disable_leader=True,
        reply_create_topic=False,
        table_standby_replicas=0,
        producer_acks=-1,
        producer_request_timeout=30.0,
        producer_threaded=False,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{service}-{slot}",
        broker_client_id=f"{service}-{slot}",
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_request_timeout=60.0,
        broker_max_poll_records=POLL_RECORDS,
        stream_buffer_maxsize=CHANNEL_RECORDS,
        broker_commit_interval=COMMIT_EVERY_S,
        broker_commit_every=COMMIT_EVERY_RECORDS,
        stream_wait_empty=True,
        stream_processing_timeout=60.0,
        broker_commit_livelock_soft_timeout=60.0,
        web_enabled=False,
        worker_redirect_stdouts=False,
        debug=False,
        cython_optimizations=False,
    )


def consume(
    app: LogApp,
    topic: str,
    handle_batch: HandleBatch,
    *,
    on_assigned: OnPartitions | None = None,
    on_revoked: OnPartitions | None = None,
    batch_limit: int = BATCH_LIMIT,
) -> Consumption:
    """Consume a topic: `await handle_batch(partition, records)` with what is waiting, in order, partition by partition.

    The batch is acknowledged after the handler has returned: everything it promised must be durable by then. If it
    raises, nothing of the batch is acknowledged and the process ends; the batch comes again. Batches of different
    partitions run at the same time. `on_assigned(partitions)` is awaited before the first batch of an assignment
    (fold the state there; call `beat()` of the Consumption if it takes long), `on_revoked(partitions)` after the last.
    """
    if topic not in TOPICS:
        raise ValueError(f"there is no topic {topic}")
    consumption = Consumption(
        app, topic, handle_batch, on_assigned=on_assigned, on_revoked=on_revoked, batch_limit=batch_limit
    )
    app.consumptions.append(consumption)
    return consumption


class _Worker(faust.Worker):
    """faust.Worker without its say in logging, titles and spinners."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spinner = None

    async def _sentinel_task(self) -> None:
        """mode waits a whole second here for nothing."""
        await asyncio.sleep(0)

    def _setproctitle(self, info: str, *, ident: str = "sevengates") -> None:
        """The process keeps its name."""

    def on_setup_root_logger(self, logger: logging.Logger, level: int) -> None:
        """Logging is set up by the command line."""


def run(*apps_and_services: Any) -> int:
    """Run apps and other mode services in this process until SIGTERM or SIGINT; returns its exit code.

    0 after a signal, 2 if the log is in use by another process, 1 if anything else crashed (one line on stderr says
    what). A process that hangs is ended by the watchdog (70).
    """
    if not logging.root.handlers:  # mode gives its loggers a NullHandler: without this a crash would be silent
        logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    apps = [one for one in apps_and_services if isinstance(one, LogApp)]
    try:
        for app in apps:
            app.open()
    except LogError as unusable:
        return _exit_code(unusable, [])
    services = [one for one in apps_and_services if one is not (apps[0] if apps else None)]
    options: dict[str, Any] = {"loop": loop, "override_logging": False, "redirect_stdouts": False, "quiet": True}
    worker: mode.Worker
    worker = _Worker(apps[0], *services, **options) if apps else mode.Worker(*services, **options)
    watch = LoopWatch(loop)
    watch.start()
    error: BaseException | None = None
    try:
        worker.execute_from_commandline()
    except SystemExit as ending:
        error = (ending.__context__ or ending) if ending.code else None
    except Exception as raised:
        error = raised
    finally:
        watch.stop()
    return _exit_code(error, [worker, *apps_and_services])


def _exit_code(error: BaseException | None, ended: list[Any]) -> int:
    reasons = [getattr(one, "failure", None) or one.crash_reason for one in ended]
    reason = next((one for one in reasons if one is not None), error)
    if reason is None:
        return EXIT_OK
    text = str(reason) if isinstance(reason, LogError) else f"{type(reason).__name__}: {reason}"
    print(f"sevengates: {text}", file=sys.stderr)
    return EXIT_LOCKED if isinstance(reason, LogLocked) else EXIT_BROKEN


__all__ = ["Consumption", "LogApp", "consume", "dead_letter", "make_app", "run"]
