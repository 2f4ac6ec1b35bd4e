"""The processes of Sevengates: everything in one on the embedded log, or one service each on Kafka.

In one process all Faust apps and the gateway live and die together: whatever crashes ends the process with a non-zero
code, and the parent (services/parent.py) starts it again whole.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import mode

from services import parent
from services.desk.exits import BROKEN, USAGE, Fault, usage
from services.desk.parsers import SERVICES
from services.log import LogError, LogLocked, LogUnusable, TopicsWrong, open_log
from services.settings import Settings

LOG_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
#: Retries of Kafka's clients and Faust's start-up talk: what matters of it ends the process, and is said then.
QUIET = {"aiokafka": logging.CRITICAL, "kafka": logging.CRITICAL, "faust": logging.ERROR, "mode": logging.ERROR}


class _Unforeseen(logging.Filter):
    """Lets the traceback of a crash through, but not that of a LogError: its one line says everything."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (record.exc_info and isinstance(record.exc_info[1], LogError))


def set_up_logging(verbose: bool = False) -> None:
    """Words on stderr. Data never goes through logging."""
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format=LOG_FORMAT, stream=sys.stderr)
    for name, level in QUIET.items():
        logging.getLogger(name).setLevel(logging.INFO if verbose else level)
    logging.getLogger("faust.worker").addFilter(_Unforeseen())


# ---- the workers by name ---------------------------------------------------------------------------------------------


Parts = tuple[Any, ...]


def _vouched(settings: Settings) -> Any:
    """Which heads the register has built on: a fold that does not reach them has lost a record, and halts."""
    from services.register.queries import open_queries

    return open_queries(settings.register_url).vouched


def _decider(settings: Settings) -> Parts:
    from services.decider.worker import build

    return build(settings, vouched=_vouched(settings))


def _register(settings: Settings) -> Parts:
    from services.register.worker import make_worker

    return (make_worker(settings.log_url, settings.register_url, settings.slot),)


def _timekeeper(settings: Settings) -> Parts:
    from services.timekeeper.worker import build

    return build(settings, vouched=_vouched(settings))


def _watcher(settings: Settings) -> Parts:
    from services.watcher.worker import build

    return build(settings, vouched=_vouched(settings))


def _sealer(settings: Settings) -> Parts:
    from services.sealer.keys import BadKeys
    from services.sealer.worker import build

    try:
        return build(settings, vouched=_vouched(settings))
    except BadKeys as problem:
        raise usage(str(problem)) from problem


#: By name: the Faust app of a service and what else belongs to it in its process.
WORKERS: Mapping[str, Callable[[Settings], Parts]] = {
    "decider": _decider,
    "register": _register,
    "timekeeper": _timekeeper,
    "watcher": _watcher,
    "sealer": _sealer,
}


class Canary(mode.Service):
    """Tells the parent every second that this process is well; stops it when the parent is gone."""

    def __init__(self, parts: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parts = parts

    @mode.Service.task
    async def _beat(self) -> None:
        await parent.beat(self._sound)
        if parent.has_parent():
            # Nobody is there to listen or to start us again: end in order, as if told to.
            signal_ourselves()

    def _sound(self) -> bool:
        return not any(part.crashed for part in self._parts)


def signal_ourselves() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGTERM)


# ---- running -------------------------------------------------------------------------------------------------------


def run_embedded(settings: Settings) -> int:
    """All services and the gateway in this process, until a signal; the exit code."""
    from services.gateway.app import GatewayService
    from services.log.app import run

    prepare(settings)
    check_port(settings)
    parts = [part for name in SERVICES for part in WORKERS[name](settings)]
    return run(*parts, GatewayService(settings), Canary(parts))


def run_worker(name: str, settings: Settings) -> int:
    """One service in this process (Kafka; on the embedded log there is one writing process).

    The topics are checked by the app itself when it starts: once is enough, a restart must be quick.
    """
    from services.log.app import run

    prepare_folders(settings)
    parts = WORKERS[name](settings)
    return run(*parts, Canary(parts))


def run_gateway(settings: Settings) -> int:
    from services.gateway.app import GatewayService
    from services.log.app import run

    prepare(settings)
    check_port(settings)
    return run(GatewayService(settings), Canary(()))


def prepare(settings: Settings) -> None:
    """The data directory and the log are there and usable; raises Fault with one line otherwise."""
    prepare_folders(settings)
    asyncio.run(prepare_log(settings.log_url))


def prepare_folders(settings: Settings) -> None:
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.keys.mkdir(mode=0o700, exist_ok=True)
    except OSError as problem:
        raise usage(f"the data directory {settings.data} cannot be used: {problem.strerror}") from problem


async def prepare_log(log_url: str) -> None:
    """On the embedded log the topics are made when they are missing; on Kafka that is `topics ensure`."""
    async with clear_log_errors():
        if log_url.startswith("sqlite:"):
            await ensure_topics(log_url)
            return
        async with open_log(log_url) as log:
            report = await log.check_topics()
        if not report.right:
            raise TopicsWrong(report.problems)


async def ensure_topics(log_url: str) -> None:
    """Raises TopicsWrong if they are there and wrong."""
    async with open_log(log_url) as log:
        report = await log.ensure_topics()
    if not report.right:
        raise TopicsWrong(report.problems)


@asynccontextmanager
async def clear_log_errors() -> AsyncIterator[None]:
    """Trouble with the log as one line: 2 where the person can do something about it, 1 otherwise."""
    try:
        yield
    except (LogLocked, LogUnusable, TopicsWrong) as problem:
        raise usage(str(problem)) from problem
    except LogError as problem:
        raise Fault(BROKEN, str(problem)) from problem


def check_port(settings: Settings) -> None:
    """One clear line before anything is started, rather than a crash after it was."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as problem:
            raise Fault(
                USAGE, f"port {settings.port} on {settings.host} cannot be used: {problem.strerror}; choose --port"
            ) from problem


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
