"""Bytes that are JSON of our subset, and bytes that are not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import limits
from schemas.commands import Malformed, UnknownVersion, load
from schemas.plain_json import check_plain, parse_object
from services.seven_steps.canonical import canonical

REFUSED = [
    (b"", ""),
    (b"{", ""),
    (b"[]", ""),
    (b"null", ""),
    (b'"text"', ""),
    (b"\xff\xfe{}", ""),
    (b"\xef\xbb\xbf{}", ""),
    (b'{"a": 1.5}', "a"),
    (b'{"a": 1.0}', "a"),
    (b'{"a": 1e3}', "a"),
    (b'{"a": -0.0}', "a"),
    (b'{"a": NaN}', "a"),
    (b'{"a": Infinity}', "a"),
    (b'{"a": 9007199254740992}', "a"),
    (b'{"a": ' + b"9" * 5000 + b"}", "a"),
    (b'{"a": {"b": [1, 2.5]}}', "a.b.1"),
    (b'{"a": 1, "a": 2}', "a"),
    (b'{"a": "\\ud800"}', "a"),
    (b'{"a": "\\u0000"}', "a"),
    (b'{"\\ud800": 1}', ""),
    (b'{"a":' * 200 + b"1" + b"}" * 200, None),
    (b"[" * 100_000, ""),
    (b'{"a":' * 50_000, ""),
    (b'{"a": [' + b"1," * limits.JSON_NODES_MAX + b"1]}", ""),
]


@pytest.mark.parametrize(("raw", "path"), REFUSED, ids=[repr(raw[:24]) for raw, _ in REFUSED])
def test_what_is_outside_the_subset_is_refused_by_its_path(raw: bytes, path: str | None) -> None:
    with pytest.raises(Malformed) as wrong:
        parse_object(raw)
    if path is not None:
        assert list(wrong.value.fields) == [path]


def test_the_largest_integer_both_sides_can_hold_is_let_in() -> None:
    assert parse_object(b'{"a": 9007199254740991, "b": -9007199254740991}') == {
        "a": limits.INTEGER_MAX,
        "b": -limits.INTEGER_MAX,
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_whatever_passes_has_canonical_bytes(value: dict[str, object]) -> None:
    try:
        check_plain(value)
    except Malformed:
        return
    canonical(value)


@given(
    st.dictionaries(
        st.sampled_from(["command_id", "type", "version", "site_id", "payload", "presence", "captured", "lang"]), JSON
    )
)
def test_any_value_at_all_is_a_command_or_malformed(body: dict[str, object]) -> None:
    try:
        load(body)
    except (Malformed, UnknownVersion):
        pass
