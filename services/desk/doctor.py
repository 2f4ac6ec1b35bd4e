"""What can be wrong with an installation, looked at from outside while it runs or not: one line each."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from services.desk.log_check import open_register
from services.log import OUTCOMES, open_log, read_envelope
from services.rulebook import rulebook
from services.settings import Settings
from services.seven_steps.board import Board
from services.seven_steps.signatures import ACTS, MEANS, asked_in

GOOD, ODD, WRONG = "ok", "look", "wrong"
FREE_BYTES_MIN = 1024**3  # below this the log may soon be full
CLOCKS_APART_MAX = timedelta(seconds=2)  # design 4: a host more than 2 s behind serves nothing
LAG_MAX = 100  # outcomes that the register has not applied yet


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    state: str
    said: str

    def plain(self) -> dict[str, str]:
        return asdict(self)


async def examine(settings: Settings) -> list[Finding]:
    """Every check, in this order; one that breaks is a finding and stops no other."""
    checks: tuple[tuple[str, Callable[[Settings], Awaitable[Finding]]], ...] = (
        ("python", _python),
        ("data directory", _data),
        ("disk", _disk),
        ("log", _log),
        ("clocks", _clocks),
        ("register", _register),
        ("signatures", _signatures),
        ("gateway", _gateway),
    )
    found = []
    for what, check in checks:
        try:
            found.append(await check(settings))
        except Exception as problem:
            found.append(Finding(what, WRONG, " ".join(str(problem).split()) or type(problem).__name__))
    return found


async def _python(_: Settings) -> Finding:
    return Finding("python", GOOD, sys.version.split()[0])


async def _data(settings: Settings) -> Finding:
    if not settings.data.is_dir():
        return Finding("data directory", ODD, f"{settings.data} does not exist: nothing has run yet")
    open_to_others = settings.keys.is_dir() and settings.keys.stat().st_mode & 0o077
    if open_to_others:
        return Finding("data directory", WRONG, f"{settings.keys} can be read by others: chmod 700 {settings.keys}")
    return Finding("data directory", GOOD, str(settings.data))


async def _disk(settings: Settings) -> Finding:
    place = settings.data if settings.data.is_dir() else Path.cwd()
    free = shutil.disk_usage(place).free
    return Finding("disk", GOOD if free >= FREE_BYTES_MIN else WRONG, f"{free // 2**20} MiB free")


async def _log(settings: Settings) -> Finding:
    if not log_exists(settings):
        return Finding("log", ODD, "there is none yet")
    async with open_log(settings.log_url, read_only=settings.embedded) as log:
        report = await log.check_topics()
    if report.right:
        return Finding("log", GOOD, report.promise)
    return Finding("log", WRONG, "; ".join(report.problems))


async def _clocks(settings: Settings) -> Finding:
    """The log's clock against the deciders', on their newest outcomes: 10 s apart is dropped by every reader."""
    if settings.embedded:
        return Finding("clocks", GOOD, "the log and the decider share this machine's clock")
    apart = timedelta(0)
    async with open_log(settings.log_url) as log:
        for partition in range(log.partitions(OUTCOMES)):
            end = await log.end(OUTCOMES, partition)
            newest = await log.read(OUTCOMES, partition, end - 1) if end else []
            for record in newest:
                apart = max(apart, abs(record.append_time - read_envelope(record.value).decided_at_real))
    state = GOOD if apart <= CLOCKS_APART_MAX else WRONG
    return Finding("clocks", state, f"log and deciders at most {apart.total_seconds():.3f} s apart")


def log_exists(settings: Settings) -> bool:
    return not settings.embedded or Path(settings.log_url.removeprefix("sqlite://")).exists()


async def _register(settings: Settings) -> Finding:
    queries = open_register(settings)
    if queries is None:
        return Finding("register", ODD, "there is none yet")
    try:
        sites = await asyncio.to_thread(queries.sites)
    finally:
        queries.close()
    halted = [f"{row['site_id']}: {row['halted_reason']}" for row in sites if row["halted_reason"]]
    if halted:
        return Finding("register", WRONG, "halted: " + "; ".join(halted))
    return Finding("register", GOOD, f"{len(sites)} sites, {sum(row['site_seq'] for row in sites)} outcomes")


async def _signatures(settings: Settings) -> Finding:
    """Which acts each site wants signed by more than a password (G-SG-1)."""
    queries = open_register(settings)
    if queries is None:
        return Finding("signatures", ODD, "no site has begun yet")
    try:
        boards = await asyncio.to_thread(lambda: [queries.board_of(row["site_id"]) for row in queries.sites()])
    finally:
        queries.close()
    said = [_asked(board) for board in boards if board is not None and board.site is not None]
    return Finding("signatures", GOOD, "; ".join(said) or "no site has begun yet")


def _asked(board: Board) -> str:
    assert board.site is not None
    rules = rulebook(board.site.packs)
    asked = ((act, asked_in(rules, board, act)) for act in ACTS)
    more = [f"{act} {means}" for act, means in asked if means != MEANS[0]]
    return f"{board.site.site_id}: {', '.join(more) or f'{MEANS[0]} is enough for every act'}"


async def _gateway(settings: Settings) -> Finding:
    from services.desk.client import Api

    async with Api(settings.url) as api:
        if await api.ready():
            return Finding("gateway", GOOD, f"serves {settings.url}")
    return Finding("gateway", ODD, f"nothing serves {settings.url}")
