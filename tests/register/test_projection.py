"""Applying the log: exactly once, the same wherever batches begin and end, and boards come back as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import pytest

from services import sql
from services.log import Record
from services.register.projector import MissingRecords, PositionMoved, Projector
from services.register.queries import Queries
from services.seven_steps.codec import digest
from tests.register.tables import dump, whole_board
from tests.register.worlds import LoggedWorld, eventful, sealed


@lru_cache(maxsize=8)
def history(name: str) -> LoggedWorld:
    return sealed() if name == "sealed" else eventful(int(name))


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Projector]:
    """A second register, on SQLite."""
    projector = Projector(sql.open_database(f"sqlite:///{tmp_path}/other.db", durable=False))
    projector.prepare()
    yield projector
    projector.engine.dispose()


def batches(records: list[Record], size: int) -> Iterator[list[Record]]:
    for at in range(0, len(records), size):
        yield records[at : at + size]


@pytest.mark.parametrize("name", ["sealed", "1", "2", "3"])
def test_a_board_made_again_from_its_rows_is_the_board_of_the_fold(projector: Projector, name: str) -> None:
    w = history(name)
    projector.apply("outcomes", 0, w.records())
    again = whole_board(projector.engine, w.site)
    assert digest(again) == digest(w.board)
    assert again == w.board
    for mapping in ("jobs", "permits", "alarms", "areas", "people", "concerns"):
        assert list(getattr(again, mapping)) == list(getattr(w.board, mapping)), f"{mapping} in another order"


@pytest.mark.parametrize("name", ["sealed", "1"])
@pytest.mark.parametrize("size", [1, 7])
def test_the_tables_do_not_depend_on_where_batches_end(
    projector: Projector, other: Projector, name: str, size: int
) -> None:
    records = history(name).records()
    projector.apply("outcomes", 0, records)
    for batch in batches(records, size):
        other.apply("outcomes", 0, batch)
    assert dump(other.engine) == dump(projector.engine)


def test_a_board_read_piece_by_piece_is_the_whole_board_every_time(projector: Projector, queries: Queries) -> None:
    w = history("2")
    for batch in batches(w.records(), 2):
        projector.apply("outcomes", 0, batch)
        piecewise = queries.board_of(w.site)
        held = projector.boards()[w.site]
        assert piecewise is not None
        assert (piecewise.seq, piecewise.head, piecewise.decided_at) == (held.seq, held.head, held.decided_at)
        for part in ("jobs", "permits", "alarms", "concerns", "emergencies", "late_arrivals", "people", "tombstones"):
            assert getattr(piecewise, part) == getattr(held, part), part


def test_records_given_again_change_nothing(projector: Projector) -> None:
    records = history("1").records()
    projector.apply("outcomes", 0, records)
    before = dump(projector.engine)
    for again in (records, records[:10], records[-1:], []):
        projector.apply("outcomes", 0, again)
    assert dump(projector.engine) == before


def test_records_that_overlap_the_position_are_cut_at_it(projector: Projector, other: Projector) -> None:
    records = history("1").records()
    projector.apply("outcomes", 0, records)
    other.apply("outcomes", 0, records[:20])
    other.apply("outcomes", 0, records[10:40])
    other.apply("outcomes", 0, records)
    assert dump(other.engine) == dump(projector.engine)


def test_a_gap_before_the_records_is_not_passed_over(projector: Projector) -> None:
    records = history("1").records()
    projector.apply("outcomes", 0, records[:5])
    before = dump(projector.engine)
    with pytest.raises(MissingRecords) as missing:
        projector.apply("outcomes", 0, records[6:])
    assert missing.value.expected == 5
    assert dump(projector.engine) == before


@pytest.mark.parametrize("name", ["3"])
def test_a_register_started_anew_before_every_batch_ends_the_same(
    projector: Projector, other: Projector, name: str
) -> None:
    records = history(name).records()
    projector.apply("outcomes", 0, records)
    for batch in batches(records, 13):
        Projector(other.engine).apply("outcomes", 0, batch)
    assert dump(other.engine) == dump(projector.engine)


class Killed(BaseException):
    """Stands for the end of the process in the middle of a transaction."""


@pytest.mark.parametrize("dies_in", ["_write", "_move", "commit"])
def test_a_register_that_dies_while_writing_applies_every_record_once(
    projector: Projector, other: Projector, dies_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = history("1").records()
    projector.apply("outcomes", 0, records)
    for number, batch in enumerate(batches(records, 25)):
        dying = Projector(other.engine)
        with monkeypatch.context() as patched:
            method = "_committed" if dies_in == "commit" else dies_in
            real = getattr(dying, method)

            def die(*args: object, real: object = real, number: int = number) -> None:
                if number % 2:
                    real(*args)  # type: ignore[operator]
                raise Killed

            patched.setattr(dying, method, die)
            with pytest.raises(Killed):
                dying.apply("outcomes", 0, batch)
        Projector(other.engine).apply("outcomes", 0, batch)
    assert dump(other.engine) == dump(projector.engine)


def test_a_failed_batch_leaves_the_boards_in_memory_as_they_were(
    projector: Projector, monkeypatch: pytest.MonkeyPatch
) -> None:
    w = history("1")
    records = w.records()
    projector.apply("outcomes", 0, records[:30])
    with monkeypatch.context() as patched:
        patched.setattr(projector, "_move", lambda *args: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            projector.apply("outcomes", 0, records[30:60])
    projector.apply("outcomes", 0, records[30:])
    assert digest(whole_board(projector.engine, w.site)) == digest(w.board)


def test_two_registers_of_one_partition_do_not_both_write(projector: Projector) -> None:
    records = history("1").records()
    first, second = Projector(projector.engine), Projector(projector.engine)
    first.apply("outcomes", 0, records[:5])
    second.apply("outcomes", 0, records[:5])
    first.apply("outcomes", 0, records[5:10])
    before = dump(projector.engine)
    with pytest.raises(PositionMoved):
        second.apply("outcomes", 0, records[5:12])
    assert dump(projector.engine) == before
    second.apply("outcomes", 0, records[10:12])


def test_two_registers_that_both_begin_do_not_both_write(projector: Projector) -> None:
    records = history("1").records()
    first, second = Projector(projector.engine), Projector(projector.engine)
    assert first.position("outcomes", 0).next_offset == second.position("outcomes", 0).next_offset == 0
    first.apply("outcomes", 0, records[:5])
    with pytest.raises(PositionMoved):
        second.apply("outcomes", 0, records[:3])


def test_what_is_not_the_next_link_is_dropped_and_counted(projector: Projector, other: Projector) -> None:
    w = history("1")
    right = w.records()
    late = right[3].append_time + timedelta(seconds=10.5)
    wrong = [
        right[2],  # a retried send
        Record("outcomes", 0, 0, b"site-b", right[5].value, right[5].append_time),  # of another site's key
        Record("outcomes", 0, 0, b"site-a", b"\xff\xfe no envelope", right[5].append_time),
        Record("outcomes", 0, 0, b"site-a", right[3].value, late),  # appended too late
        right[20],  # a follower of a lost one
    ]
    mixed = [*right[:3], *wrong, *right[3:]]
    shifted = [Record(r.topic, 0, offset, r.key, r.value, r.append_time) for offset, r in enumerate(mixed)]
    projector.apply("outcomes", 0, shifted)
    other.apply("outcomes", 0, right)
    with_dropped, without = dump(projector.engine), dump(other.engine)
    assert with_dropped.pop("positions")[0][2:] == (len(shifted), without["positions"][0][3], 5)
    without.pop("positions")
    assert with_dropped == without


def test_sites_of_one_partition_do_not_mix(projector: Projector, other: Projector) -> None:
    a, b = eventful(5, 20, "site-a"), eventful(6, 20, "site-b")
    mixed = [record for pair in zip(a.records(), b.records(), strict=False) for record in pair]
    shifted = [Record(r.topic, 0, offset, r.key, r.value, r.append_time) for offset, r in enumerate(mixed)]
    projector.apply("outcomes", 0, shifted)
    other.apply("outcomes", 0, a.records()[: len(mixed) // 2])
    alone, together = dump(other.engine), dump(projector.engine)
    for name in ("jobs", "permits", "trail", "board_parts", "outcomes", "answers"):
        assert [row for row in together[name] if "site-a" in row] == alone[name], name
