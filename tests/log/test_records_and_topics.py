"""Records, envelopes and topics: what is written is what is read, and nothing else is taken."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from services.log import (
    GENESIS,
    PARTITIONS,
    TOPICS,
    BodyMismatch,
    UnreadableEnvelope,
    body_of,
    make_outcome,
    partition_of,
    read_envelope,
    record_hash,
)

NOW = datetime(2026, 11, 22, 8, 0, 0, 123456, tzinfo=UTC)


def outcome(**changes) -> bytes:
    fields = {
        "site_id": "site-1",
        "site_seq": 1,
        "previous_hash": GENESIS,
        "decided_at": NOW,
        "decided_at_real": NOW + timedelta(seconds=1),
        "body": b'{"body":1}',
    }
    return make_outcome(**{**fields, **changes})


def altered(**changes) -> bytes:
    line, _, body = outcome().partition(b"\n")
    envelope = {**json.loads(line), **changes}
    for gone in [key for key, value in changes.items() if value is ...]:
        del envelope[gone]
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n" + body


def test_an_envelope_reads_back_as_it_was_written():
    envelope = read_envelope(outcome(site_id="厂区一"))
    assert (envelope.site_id, envelope.site_seq, envelope.previous_hash) == ("厂区一", 1, GENESIS)
    assert (envelope.decided_at, envelope.decided_at_real) == (NOW, NOW + timedelta(seconds=1))


def test_an_outcome_is_two_lines_and_the_body_is_the_last_bytes():
    value = outcome(body=b'{"text":"a"}')
    assert value.count(b"\n") == 1
    assert value.endswith(b'\n{"text":"a"}')
    assert body_of(read_envelope(value), value) == b'{"text":"a"}'


def test_a_body_may_hold_any_bytes_because_only_the_first_newline_parts():
    value = outcome(body=b"\n\x00\xff\n")
    assert body_of(read_envelope(value), value) == b"\n\x00\xff\n"


def test_a_changed_body_leaves_the_envelope_readable_and_is_found_when_the_body_is_taken():
    value = outcome()[:-1] + b" "
    with pytest.raises(BodyMismatch):
        body_of(read_envelope(value), value)


@pytest.mark.parametrize("changed", [0, 40, 200, -1])
def test_every_stored_byte_counts_for_the_record_hash(changed):
    value = bytearray(outcome())
    before = record_hash(bytes(value))
    value[changed] ^= 1
    assert record_hash(bytes(value)) != before


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("nothing", b""),
        ("no newline", outcome().partition(b"\n")[0]),
        ("not JSON", b"{\n{}"),
        ("not UTF-8", b'{"\xff":1}\n{}'),
        ("a list", b"[1]\n{}"),
        ("deep nesting", b"[" * 100_000 + b"\n{}"),
        ("another version", altered(envelope=2)),
        ("true for 1", altered(envelope=True)),
        ("a field too many", altered(more=1)),
        ("a field too few", altered(site_seq=...)),
        ("sequence 0", altered(site_seq=0)),
        ("a sequence beyond 2^53", altered(site_seq=2**53)),
        ("a float", altered(site_seq=1.0)),
        ("NaN", altered(site_seq=float("nan"))),
        ("a bool", altered(site_seq=True)),
        ("no site", altered(site_id="")),
        ("a site that is a number", altered(site_id=7)),
        ("a lone surrogate", altered(site_id="\ud800")),
        ("a short hash", altered(previous_hash="0" * 63)),
        ("an upper-case hash", altered(previous_hash="A" * 64)),
        ("a hash that is no text", altered(body_sha256=None)),
        ("a time without zone", altered(decided_at="2026-11-22T08:00:00")),
        ("a time in another zone", altered(decided_at="2026-11-22T08:00:00+08:00")),
        ("a day that does not exist", altered(decided_at="2026-02-30T08:00:00Z")),
        ("spaces", outcome().replace(b":", b": ", 1)),
        ("a key twice", outcome().replace(b'{"', b'{"envelope":1,"', 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_envelope_v1_is_unreadable(what, value):
    with pytest.raises(UnreadableEnvelope):
        read_envelope(value)


@pytest.mark.parametrize("changes", [{"site_seq": 0}, {"previous_hash": "x"}, {"site_id": ""}])
def test_an_envelope_no_reader_would_take_is_never_made(changes):
    with pytest.raises(ValueError):
        outcome(**changes)


def test_a_time_without_a_zone_is_never_written():
    with pytest.raises(ValueError):
        outcome(decided_at=datetime(2026, 11, 22, 8))


@pytest.mark.parametrize(
    ("site_id", "of_8", "of_32"), [("site-1", 5, 13), ("demo", 4, 12), ("厂区一", 4, 20), ("", 2, 2)]
)
def test_a_site_keeps_its_partition_for_ever(site_id, of_8, of_32):
    # Golden: these numbers are in every log there is.
    assert (partition_of(site_id, 8), partition_of(site_id, 32)) == (of_8, of_32)


def test_the_topics_are_those_the_design_names():
    assert set(TOPICS) == {"commands", "outcomes", "dead_letters", "telemetry"}
    assert PARTITIONS == {"sqlite": 8, "kafka": 32}
    assert TOPICS["outcomes"].kept_for_ever
    assert TOPICS["outcomes"].timestamp == "LogAppendTime"
    assert TOPICS["outcomes"].writer == "decider"
    assert TOPICS["commands"].retention_s == 14 * 86_400
    assert TOPICS["telemetry"].retention_s == 7 * 86_400
