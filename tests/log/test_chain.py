"""The fence for writers: which record is the next link of its site."""

from datetime import UTC, datetime, timedelta

import pytest

from services.log import GENESIS, START, TIME_FENCE, Head, Link, Record, follow, make_outcome, record_hash

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def link(seq: int, previous: str, *, site: str = "s", key: str | None = None, late=timedelta(0), body=b"{}") -> Record:
    value = make_outcome(
        site_id=site, site_seq=seq, previous_hash=previous, decided_at=NOW, decided_at_real=NOW, body=body
    )
    return Record("outcomes", 0, 0, (site if key is None else key).encode(), value, NOW + late)


FIRST = link(1, GENESIS)
ONE = Head(1, record_hash(FIRST.value))


@pytest.mark.parametrize(
    ("name", "head", "record", "expected"),
    [
        ("the first record of a site", START, FIRST, Link.NEXT),
        ("the next one", ONE, link(2, ONE.record_hash), Link.NEXT),
        ("a body nobody understands is still a link", ONE, link(2, ONE.record_hash, body=b"\xff"), Link.NEXT),
        ("the same once more", ONE, FIRST, Link.NOT_NEXT),
        ("a sequence left out", ONE, link(3, ONE.record_hash), Link.NOT_NEXT),
        ("the right sequence after another record", ONE, link(2, GENESIS), Link.NOT_NEXT),
        ("a second first record", ONE, link(1, GENESIS, body=b"[]"), Link.NOT_NEXT),
        ("a beginning in the middle", START, link(2, ONE.record_hash), Link.NOT_NEXT),
        ("another site's key", START, link(1, GENESIS, key="t"), Link.NOT_NEXT),
        ("just in time", START, link(1, GENESIS, late=TIME_FENCE), Link.NEXT),
        ("just too late", START, link(1, GENESIS, late=TIME_FENCE + TICK), Link.OUT_OF_TIME),
        ("a decider's clock just ahead", START, link(1, GENESIS, late=-TIME_FENCE), Link.NEXT),
        ("a decider's clock too far ahead", START, link(1, GENESIS, late=-TIME_FENCE - TICK), Link.OUT_OF_TIME),
        ("late and not next", ONE, link(1, GENESIS, late=2 * TIME_FENCE), Link.NOT_NEXT),
        ("no envelope", START, Record("outcomes", 0, 0, b"s", b"junk", NOW), Link.UNREADABLE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_record_is_classified_against_the_head_of_its_site(name, head, record, expected):
    heads = {"s": head}
    found = follow(heads, record)
    assert found.link is expected
    if expected is Link.NEXT:
        assert heads["s"] == found.head == Head(head.site_seq + 1, record_hash(record.value))
    else:
        assert heads["s"] == head


def test_followers_of_a_dropped_record_are_dropped_too():
    late = link(1, GENESIS, late=2 * TIME_FENCE)
    follower = link(2, record_hash(late.value))
    heads: dict[str, Head] = {}
    assert [follow(heads, record).link for record in (late, follower, FIRST)] == [
        Link.OUT_OF_TIME,
        Link.NOT_NEXT,
        Link.NEXT,
    ]


def test_sites_in_one_partition_have_chains_of_their_own():
    heads: dict[str, Head] = {}
    other = link(1, GENESIS, site="t")
    second = link(2, ONE.record_hash)
    assert [follow(heads, record).link for record in (FIRST, other, second)] == [Link.NEXT] * 3
    assert heads == {"s": Head(2, record_hash(second.value)), "t": Head(1, record_hash(other.value))}
