"""The register's worker on a real log, killed while it applies: everything is applied, and once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from services import sql
from services.log import open_log
from services.register import check, open_queries
from services.register.projector import Projector
from tests.register.tables import dump

WORKER_LIMIT_S = 90
HISTORIES = {"site-a": 41, "site-b": 42, "site-c": 43}


def work(log_url: str, register_url: str, **plan: object) -> int:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.register.register_worker", log_url, register_url, json.dumps(plan)],
        capture_output=True,
        text=True,
        timeout=WORKER_LIMIT_S,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr[-3_000:]
    return ended.returncode


@pytest.mark.slow
async def test_a_worker_killed_again_and_again_applies_everything_once(tmp_path: Path, url: str) -> None:
    log_url = f"sqlite://{tmp_path}/log.db"
    assert work(log_url, url, write=HISTORIES) == 0
    kills = 0
    for number, before in ((1, True), (2, False), (3, True), (3, False)):
        kills += work(log_url, url, die_at=number, before=before, read=15) == -signal.SIGKILL
    assert kills == 4
    assert work(log_url, url, read=15) == 0
    async with open_log(log_url) as log:
        checked = await check(url, log)
    assert checked.equal and checked.sites == 3, checked


@pytest.mark.slow
async def test_what_is_written_while_it_runs_is_applied_and_whoever_waits_is_woken(tmp_path: Path, url: str) -> None:
    log_url = f"sqlite://{tmp_path}/log.db"
    assert work(log_url, url, write={"site-a": 44}) == 0
    assert work(log_url, url, more=45) == 0
    queries = open_queries(url)
    assert {row["site_id"] for row in queries.sites()} == {"site-a", "site-more"}
    queries.close()
    async with open_log(log_url) as log:
        assert (await check(url, log)).equal


@pytest.mark.slow
async def test_a_register_that_lost_its_file_is_built_again_though_the_broker_says_all_was_read(
    tmp_path: Path, url: str
) -> None:
    log_url, other = f"sqlite://{tmp_path}/log.db", f"sqlite:///{tmp_path}/again.db"
    assert work(log_url, url, write={"site-a": 46}) == 0
    assert work(log_url, url) == 0
    assert work(log_url, other) == 0
    tables = []
    for database in (url, other):
        projector = Projector(sql.open_database(database))
        tables.append(dump(projector.engine))
        projector.engine.dispose()
    assert tables[0] == tables[1]
