"""A backup: the log by SQLite's online backup, then its chain is verified; with it what the log does not hold.

Copying the live files would lose what stands in the write-ahead log. The register is not copied: it is rebuilt from
the log. The target becomes a data directory of its own.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from services.desk import log_check
from services.desk.exits import unverified, usage
from services.log.sqlite_file import back_up, path_of
from services.settings import Settings, of_data

#: Databases beside the log, by setting. Only those that are SQLite files are ours to copy.
DATABASES = ("vault_url", "accounts_url")
FOLDERS = ("keys", "kept_stops")


async def back_up_all(settings: Settings, target: Path) -> dict[str, Any]:
    """Copy everything to an empty directory and check the copy. Raises Fault: 2 for a bad target, 5 if it fails."""
    copy = await asyncio.to_thread(_copy_all, settings, target)
    checked = await log_check.check(copy)
    if not checked.valid:
        raise unverified(f"the copy does not verify: {checked.problems[0]}")
    return {"path": str(copy.data), "outcomes": checked.outcomes, "sites": checked.digests, "verified": True}


def _copy_all(settings: Settings, target: Path) -> Settings:
    target = target.absolute()
    if not settings.embedded:
        raise usage("on Kafka the log is backed up by the cluster: see deploy/runbooks")
    source = path_of(settings.log_url)
    if not source.exists():
        raise usage(f"there is no log at {source}")
    if target.exists() and any(target.iterdir()):
        raise usage(f"{target} is not empty; a backup never overwrites")
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    copy = of_data(target)
    # The log last: a document or a person that a record names is then in the copy for sure.
    for setting in DATABASES:
        _copy_database(getattr(settings, setting), Path(getattr(copy, setting).removeprefix("sqlite:///")))
    _copy_folder(Path(settings.documents_url.removeprefix("file://")), target / "documents", but="tmp")
    for name in FOLDERS:
        _copy_folder(settings.data / name, target / name)
    if settings.config.exists():
        shutil.copy2(settings.config, target / settings.config.name)
    back_up(source, path_of(copy.log_url))
    _sync(target)
    return copy


def _copy_database(url: str, target: Path) -> None:
    if not url.startswith("sqlite:///"):
        return
    source = Path(url.removeprefix("sqlite:///"))
    if not source.exists():
        return
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
    target.chmod(0o600)


def _copy_folder(source: Path, target: Path, but: str = "") -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(but) if but else None, dirs_exist_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
