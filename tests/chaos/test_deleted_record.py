"""A record missing from the log stops the site loudly: every reader halts, nothing carries on from an older state.

The log is a real one, decided by a real worker; a record in the middle of a chain is then taken away, once leaving a
hole in the offsets and once, as a careful forger would, without.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.bench.decisions import fill, measure
from tests.bench.history import site_history
from tests.chaos.cast import sites_apart
from tests.chaos.checker import check, replay_agrees
from tests.chaos.servers import SEVENGATES
from tests.chaos.stored import read_topics

pytestmark = pytest.mark.slow
COMMANDS = 60
UNVERIFIED = 5


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a log on which a worker has decided a site's commands."""
    data = tmp_path_factory.mktemp("decided")
    history = asyncio.run(site_history(sites_apart(1, 8)[0], COMMANDS))
    url = f"sqlite://{data / 'log.db'}"
    measure("decider", url, data, asyncio.run(fill(url, [history])))
    return data


def without_one(decided: Path, folder: Path, *, closed_up: bool) -> str:
    """A copy of the log in which the outcome at offset 20 is gone; `closed_up` moves the later ones down."""
    shutil.copytree(decided, folder, dirs_exist_ok=True)
    path = folder / "log.db"
    with sqlite3.connect(path) as file:
        partition = file.execute("select max(partition) from records where topic = 'outcomes'").fetchone()[0]
        table = f'"outcomes/{partition}"'
        file.execute(f'delete from {table} where "offset" = 20')
        if closed_up:
            later = file.execute(f'select "offset" from {table} where "offset" > 20 order by 1').fetchall()
            for (offset,) in later:
                file.execute(f'update {table} set "offset" = ? where "offset" = ?', (offset - 1, offset))
            file.execute('update partitions set "end" = "end" - 1 where topic = \'outcomes\' and "end" > 0')
    return f"sqlite://{path}"


def check_of(url: str) -> list[str]:
    return check(read_topics(url, ("commands", "outcomes", "dead_letters")), {}).problems


def test_a_whole_log_raises_no_alarm(decided: Path) -> None:
    url = f"sqlite://{decided / 'log.db'}"

    assert check_of(url) == []
    assert replay_agrees(decided, url, all_there=False) == []


@pytest.mark.parametrize("closed_up", [False, True], ids=["leaving a hole", "without a hole"])
def test_the_checker_finds_a_deleted_record(decided: Path, tmp_path: Path, closed_up: bool) -> None:
    url = without_one(decided, tmp_path / "copy", closed_up=closed_up)

    assert any("is not on the log" in problem or "is missing" in problem for problem in check_of(url))


def test_a_reader_halts_at_the_hole_that_a_deleted_record_leaves(decided: Path, tmp_path: Path) -> None:
    url = without_one(decided, tmp_path / "copy", closed_up=False)

    done = subprocess.run(
        [str(SEVENGATES), "replay", "--check", "--json", "--data", str(tmp_path / "copy"), "--log", url],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == UNVERIFIED, done.stderr
    assert "offset 20" in done.stdout
