"""How long what is kept is kept (G-RT-1; GB 30871-2022 B.3; AQ 3064.2 4.2; 29 CFR 1910.146(e)(6); reading A10.16)."""

from datetime import timedelta

import pytest

from services.seven_steps import site_time
from tests.flow import walk
from tests.flow.world import World, codes

SECOND = timedelta(seconds=1)
CLOSED = "2026-11-19T09:00:00Z"
#: What, closed at, site time from which it may be purged, and why. The site lies in Asia/Shanghai (UTC+8).
FROM = [
    ("documents", CLOSED, "2027-11-19T09:00:00Z", "the same date and time a year after"),
    ("documents", "2028-02-29T01:00:00Z", "2029-03-01T01:00:00Z", "a leap day: the day after"),
    ("documents", "2027-12-31T17:00:00Z", "2028-12-31T17:00:00Z", "counted in the site's calendar"),
    ("documents", "2028-02-28T16:30:00Z", "2029-02-28T16:30:00Z", "29 February on the site, 28 in London"),
    ("videos", CLOSED, "2026-12-19T09:00:00Z", "30 days and a month end together"),
    ("videos", "2026-12-15T01:00:00Z", "2027-01-15T01:00:00Z", "a month of 31 days is longer than 30"),
    ("videos", "2027-02-10T01:00:00Z", "2027-03-12T01:00:00Z", "30 days are longer than a February"),
    ("videos", "2027-01-31T01:00:00Z", "2027-03-02T01:00:00Z", "30 days are longer than to the day after February"),
]
NAMES = [f"{row[0]}: {row[3]}" for row in FROM]


def purged(w: World, what: str, closed_to: str, by: str = "hse") -> set[str]:
    return codes(w.do(by, "purge", {"what": what, "closed_to": closed_to}))


@pytest.mark.parametrize(("what", "closed", "free", "why"), FROM, ids=NAMES)
def test_the_second_from_which_it_may_go(what: str, closed: str, free: str, why: str) -> None:
    w = walk.site()
    w.now = site_time.parse(free) - SECOND
    assert purged(w, what, closed) == {"G-RT-1"}
    w.now = site_time.parse(free)
    assert purged(w, what, closed) == set()
    assert site_time.stamp(w.board.purges[what].closed_to) == closed


def test_a_site_may_keep_longer_but_not_shorter() -> None:
    w = walk.site()
    assert codes(w.do("service:desk", "set_policies", {"policies": {"record_retention": "0.5"}})) == {"wrong_state"}
    w.ok("service:desk", "set_policies", {"policies": {"record_retention": "2"}})
    w.now = site_time.parse("2028-11-19T09:00:00Z") - SECOND
    assert purged(w, "documents", CLOSED) == {"G-RT-1"}
    w.now += SECOND
    assert purged(w, "documents", CLOSED) == set()


def test_a_part_of_a_year_counts_as_the_next_month() -> None:
    w = walk.site()
    w.ok("service:desk", "set_policies", {"policies": {"record_retention": "1.05"}})
    w.now = site_time.parse("2027-12-19T09:00:00Z") - SECOND
    assert purged(w, "documents", CLOSED) == {"G-RT-1"}
    w.now += SECOND
    assert purged(w, "documents", CLOSED) == set()


def test_where_no_pack_says_how_long_nothing_goes() -> None:
    w = walk.site(("hsg250", "site-policy"))
    w.now = site_time.parse("2037-01-01T00:00:00Z")
    assert purged(w, "documents", CLOSED) == {"G-RT-1"}


def test_a_purge_goes_forward_and_is_hses_or_the_admins_act() -> None:
    w = walk.site()
    w.now = site_time.parse("2029-01-01T00:00:00Z")
    assert purged(w, "documents", CLOSED, by="lead") == {"not_allowed"}
    assert purged(w, "documents", CLOSED, by="admin") == set()
    assert purged(w, "documents", CLOSED) == {"wrong_state"}
    assert purged(w, "videos", CLOSED) == set()
    assert purged(w, "documents", "2026-11-19T09:00:01Z") == set()
    assert codes(w.do("hse", "purge", {"what": "videos", "closed_to": "2027-01-01T00:00:00Z"}, act_by=w.now - SECOND))


def test_an_emergency_or_a_stop_does_not_touch_a_purge() -> None:
    w = walk.site()
    w.now = site_time.parse("2029-01-01T00:00:00Z")
    w.ok("mate", "declare_emergency", {"reason": {"lang": "en", "text": "leak"}})
    assert purged(w, "documents", CLOSED) == set()
