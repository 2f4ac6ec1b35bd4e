"""Snapshots: start-up from the newest that counts; a bad, swapped, foreign or forward one is ignored."""

import asyncio
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from services.folding import PartitionFold, Vouched
from services.seven_steps.canonical import canonical, sha256_hex
from services.seven_steps.codec import digest
from tests.decider.stage import NEIGHBOUR, PARTITION, SITE, Stage, area, command, register_site, snapshots_in, tamper

EVERY = 5


async def history(folder: Path, areas: int = 12) -> None:
    """Two sites; the first reaches 1 + areas records, with a snapshot every EVERY."""
    async with Stage(folder, snapshots=snapshots_in(folder), snapshot_every=EVERY) as stage:
        await stage.done(command("register_site", register_site(code="PB"), site=NEIGHBOUR))
        await stage.registered()
        for n in range(areas):
            await stage.done(command("register_area", area(f"a{n}")))
            await stage.decider.stop()  # the snapshot is written before the next command comes


async def loaded(folder: Path, *vouched: Vouched) -> PartitionFold:
    stage = Stage(folder)
    try:
        return await stage.read(snapshots=snapshots_in(folder), vouched=vouched)
    finally:
        await stage.log.close()


async def replayed(folder: Path) -> PartitionFold:
    stage = Stage(folder)
    try:
        return await stage.read()
    finally:
        await stage.log.close()


def shelf(folder: Path) -> Path:
    return folder / "documents" / "shelves" / "snapshots"


def manifests(folder: Path) -> list[Path]:
    return sorted(path for path in shelf(folder).iterdir() if path.name.startswith("p"))


def snapshot_of(folder: Path, site: str, manifest: int = -1) -> Path:
    named = json.loads(manifests(folder)[manifest].read_bytes())["sites"][site]
    return shelf(folder) / named[1]


def digests(fold: PartitionFold) -> dict[str, str]:
    return {site_id: digest(site.board) for site_id, site in fold.sites.items()}


async def test_a_snapshot_and_the_rest_of_the_log_give_the_same_boards_as_a_replay(tmp_path: Path) -> None:
    await history(tmp_path)
    from_snapshot, from_start = await loaded(tmp_path), await replayed(tmp_path)
    assert digests(from_snapshot) == digests(from_start)
    assert {s: f.head for s, f in from_snapshot.sites.items()} == {s: f.head for s, f in from_start.sites.items()}
    assert from_snapshot.loaded == {SITE: 10, NEIGHBOUR: 1}
    assert from_snapshot.counters.of("records", "applied") == 3


async def test_the_newest_two_are_kept_and_nothing_else(tmp_path: Path) -> None:
    await history(tmp_path, areas=24)
    assert len(manifests(tmp_path)) == 2
    named = {snapshot_of(tmp_path, site, m) for site in (SITE, NEIGHBOUR) for m in (0, 1)}
    assert named | set(manifests(tmp_path)) == set(shelf(tmp_path).iterdir())


async def test_no_snapshot_before_enough_outcomes(tmp_path: Path) -> None:
    await history(tmp_path, areas=EVERY - 2)
    assert manifests(tmp_path) == []


# ---- bad ones ------------------------------------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def flipped(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [cut, emptied, flipped, Path.unlink])
async def test_a_damaged_snapshot_is_reported_and_the_one_before_it_counts(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    await history(tmp_path)
    damage(snapshot_of(tmp_path, SITE))
    fold = await loaded(tmp_path)
    assert fold.loaded == {SITE: 5, NEIGHBOUR: 1}
    assert fold.counters.of("snapshots", "bad") == 1
    assert digests(fold) == digests(await replayed(tmp_path))


@pytest.mark.parametrize("damage", [cut, emptied, Path.unlink])
async def test_without_any_good_snapshot_the_log_is_folded_from_its_beginning(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    await history(tmp_path)
    for path in {snapshot_of(tmp_path, SITE), snapshot_of(tmp_path, SITE, 0)}:
        damage(path)
    fold = await loaded(tmp_path)
    assert fold.loaded == {NEIGHBOUR: 1}
    assert digests(fold) == digests(await replayed(tmp_path))


@pytest.mark.parametrize("damage", [cut, emptied, flipped, Path.unlink])
async def test_damaged_manifests_are_ignored(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    await history(tmp_path)
    for path in manifests(tmp_path):
        damage(path)
    fold = await loaded(tmp_path)
    assert fold.loaded == {}
    assert digests(fold) == digests(await replayed(tmp_path))


def forge(folder: Path, site: str, **changes: Any) -> None:
    """A snapshot with right digests of its bytes and another content, named by a manifest with right digests."""
    old = snapshot_of(folder, site)
    content = {**json.loads(old.read_bytes()), **changes}
    name_in_manifest(folder, site, write(folder, content))


def write(folder: Path, content: Any) -> str:
    name = f"{sha256_hex(canonical(content))}.json"
    (shelf(folder) / name).write_bytes(canonical(content))
    return name


def name_in_manifest(folder: Path, site: str, name: str) -> None:
    path = manifests(folder)[-1]
    manifest = json.loads(path.read_bytes())
    manifest["sites"][site][1] = name
    data = canonical(manifest)
    path.unlink()
    (shelf(folder) / f"{path.name[: path.name.rindex('-')]}-{sha256_hex(data)}.json").write_bytes(data)


async def test_a_snapshot_of_another_site_does_not_count(tmp_path: Path) -> None:
    await history(tmp_path)
    name_in_manifest(tmp_path, NEIGHBOUR, snapshot_of(tmp_path, SITE).name)
    fold = await loaded(tmp_path)
    assert NEIGHBOUR in fold.loaded  # the older one
    assert fold.counters.of("snapshots", "bad") == 1
    assert digests(fold) == digests(await replayed(tmp_path))


@pytest.mark.parametrize(
    "changes",
    [
        {"digest": "0" * 64},
        {"site_seq": 11},
        {"head": "0" * 64},
        {"offset": 3},
        {"offset": 10_000},
        {"offset": "3"},
        {"board": {}},
        {"snapshot": 2, "fold_version": "x"},
    ],
    ids=str,
)
async def test_a_snapshot_that_the_log_does_not_bear_out_does_not_count(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    await history(tmp_path)
    forge(tmp_path, SITE, **changes)
    fold = await loaded(tmp_path)
    assert fold.loaded[SITE] == 5
    assert digests(fold) == digests(await replayed(tmp_path))


async def test_one_of_another_fold_version_is_ignored_without_a_report(tmp_path: Path) -> None:
    await history(tmp_path)
    forge(tmp_path, SITE, fold_version=999)
    fold = await loaded(tmp_path)
    assert fold.loaded[SITE] == 5
    assert fold.counters.of("snapshots", "bad") == 0
    assert fold.counters.of("snapshots", "other_version") == 1


async def test_snapshots_ahead_of_the_log_do_not_count(tmp_path: Path) -> None:
    """A shorter log beside the snapshots of a longer one: a backup restored without its command."""
    short, long = tmp_path / "short", tmp_path / "long"
    for folder, areas in ((short, 3), (long, 12)):
        folder.mkdir()
        await history(folder, areas)
    shutil.rmtree(short / "documents")
    shutil.copytree(long / "documents", short / "documents")
    fold = await loaded(short)
    assert fold.loaded == {}
    assert digests(fold) == digests(await replayed(short))


# ---- what they vouch for -------------------------------------------------------------------------------------------


async def test_a_replay_of_a_log_that_lost_a_record_does_not_reach_the_snapshots(tmp_path: Path) -> None:
    await history(tmp_path)
    lost = ('UPDATE {outcomes} SET value = CAST(? AS BLOB) WHERE "offset" = 8', (b"lost",))
    await asyncio.to_thread(tamper, tmp_path, lost)
    stage = Stage(tmp_path)
    heads = await snapshots_in(tmp_path).heads(stage.log, PARTITION)
    replay = await stage.read(vouched=heads)
    await stage.log.close()
    assert sorted((head.site_id, head.site_seq) for head in heads if head.site_id == SITE) == [(SITE, 5), (SITE, 10)]
    halt = replay.halt_of(SITE)
    assert halt is not None
    assert "snapshot" in halt.reason
    assert replay.halt_of(NEIGHBOUR) is None


async def test_a_register_ahead_of_snapshots_and_log_halts_the_site(tmp_path: Path) -> None:
    await history(tmp_path)
    fold = await loaded(tmp_path, Vouched(SITE, 14, "f" * 64, "register"))
    assert fold.halt_of(SITE) is not None
    assert fold.halt_of(NEIGHBOUR) is None


async def test_a_halted_site_goes_on_from_its_record_after_a_restart(tmp_path: Path) -> None:
    await history(tmp_path, areas=6)
    kept = await replayed(tmp_path)
    await asyncio.to_thread(
        tamper,
        tmp_path,
        ('CREATE TABLE kept AS SELECT * FROM {outcomes} WHERE "offset" = 7', ()),
        ('UPDATE {outcomes} SET value = substr(value, 1, length(value) - 1) WHERE "offset" = 7', ()),
    )
    async with Stage(tmp_path, snapshots=snapshots_in(tmp_path), snapshot_every=1) as stage:
        assert stage.decider.folds[PARTITION].halt_of(SITE) is not None
        stage.handled = await stage.log.end("commands", PARTITION)
        await stage.done(command("register_area", area("n"), site=NEIGHBOUR))  # writes a snapshot of both
    halted = await loaded(tmp_path)
    assert halted.halt_of(SITE) is not None
    mended = 'UPDATE {outcomes} SET value = (SELECT value FROM kept) WHERE "offset" = 7'
    await asyncio.to_thread(tamper, tmp_path, (mended, ()), ("DROP TABLE kept", ()))
    fold = await loaded(tmp_path)
    assert fold.halts() == {}
    assert digests(fold)[SITE] == digests(kept)[SITE]
