"""Hooks of the chaos tests: pause one batch between `decide` and its append; write snapshots more often.

Off unless the first variable says so:

    SEVENGATES_TEST_HOOKS=i-am-a-test-and-may-delay-decisions
    SEVENGATES_TEST_PAUSE_BEFORE_APPEND=/path/to/file
    SEVENGATES_TEST_SNAPSHOT_EVERY=40

A file at that path holding `{"site_id": "...", "seconds": 11}` is taken away and the next batch with a command of
that site waits so long before it is appended. The pause opens nothing: readers and the writer drop
a record appended more than 10 s after it was decided. The first variable's value can't be set by accident, and no
setting in config.toml or on the command line leads here; a worker with hooks says so in its log on every start.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path

ALLOW = "SEVENGATES_TEST_HOOKS"
ALLOWED = "i-am-a-test-and-may-delay-decisions"
PAUSE = "SEVENGATES_TEST_PAUSE_BEFORE_APPEND"

SNAPSHOT_EVERY = "SEVENGATES_TEST_SNAPSHOT_EVERY"

#: Called with the site ids of a batch that is decided and not yet appended.
BeforeAppend = Callable[[Collection[str]], Awaitable[None]]

logger = logging.getLogger(__name__)


def before_append(environ: Mapping[str, str] | None = None) -> BeforeAppend | None:
    """The hook that the environment asks for; None, as in every production, if it does not."""
    environ = os.environ if environ is None else environ
    path = environ.get(PAUSE)
    if not path or environ.get(ALLOW) != ALLOWED:
        return None
    logger.warning("TEST HOOKS ARE ON: decisions may be delayed by %s", path)
    return _pause_by(Path(path))


def snapshot_every(usual: int, environ: Mapping[str, str] | None = None) -> int:
    """Snapshots after so many outcomes of a site; another number than the usual only where test hooks are allowed."""
    environ = os.environ if environ is None else environ
    asked = environ.get(SNAPSHOT_EVERY, "")
    return int(asked) if environ.get(ALLOW) == ALLOWED and asked.isdecimal() and int(asked) > 0 else usual


def _pause_by(path: Path) -> BeforeAppend:
    async def pause(sites: Collection[str]) -> None:
        seconds = _take_order(path, sites)
        if seconds:
            await asyncio.sleep(seconds)

    return pause


def _take_order(path: Path, sites: Collection[str]) -> float:
    """How long to pause, in seconds; an order is carried out once."""
    try:
        order = json.loads(path.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return 0
    if order["site_id"] not in sites:
        return 0
    path.unlink(missing_ok=True)
    logger.warning("test hook: pausing site %s for %s s before the append", order["site_id"], order["seconds"])
    return float(order["seconds"])
