"""Whom the plant can reach: live sessions of a site, their push subscriptions, and to whom an alert was shown.

Tables of the accounts database; synchronous SQL, called in a thread. Times are POSIX seconds of the real clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from services import sql
from services.gateway.accounts_db import (
    ACCOUNTS,
    SESSION_AGE_MAX_S,
    SESSION_IDLE_S,
    SESSIONS,
    SHOWN,
    SITES,
    SUBSCRIPTIONS,
)
from services.gateway.web_push import Recipient

SHOWN_KEPT_S = 7 * 24 * 3600  # an alert that runs longer is shown, and noted, again


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A browser of a person signed in for a site. key: names its row."""

    key: str
    person_id: str
    lang: str
    recipient: Recipient


class ReachStore:
    def __init__(self, engine: sa.Engine, now: Callable[[], float]) -> None:
        self._engine = engine
        self._now = now

    # ---- sessions ----------------------------------------------------------------------------------------------

    def signed_in(self, site_id: str) -> frozenset[str]:
        """Everybody with a session of this site that is still good."""
        now = self._now()
        used = (SESSIONS.c.seen_at >= now - SESSION_IDLE_S) & (SESSIONS.c.created_at >= now - SESSION_AGE_MAX_S)
        query = sa.select(SESSIONS.c.person_id).select_from(_SESSIONS_OF_SITES).where(_of_site(site_id), used)
        with sql.reading(self._engine) as db:
            return frozenset(db.execute(query.distinct()).scalars())

    # ---- push subscriptions ------------------------------------------------------------------------------------

    def subscribe(self, token_sha256: str, recipient: Recipient, lang: str) -> None:
        """For this session alone; a browser that changes hands is taken from whoever had it before."""
        row = {"token_sha256": token_sha256, "lang": lang, "endpoint": recipient.endpoint}
        row |= {"p256dh": recipient.p256dh, "auth": recipient.auth}
        ended = ~sa.exists().where(SESSIONS.c.token_sha256 == SUBSCRIPTIONS.c.token_sha256)
        mine = SUBSCRIPTIONS.c.token_sha256 == token_sha256
        with sql.writing(self._engine) as db:
            db.execute(SUBSCRIPTIONS.delete().where(ended | mine | (SUBSCRIPTIONS.c.endpoint == recipient.endpoint)))
            db.execute(SUBSCRIPTIONS.insert().values(**row))

    def unsubscribe(self, token_sha256: str) -> None:
        with sql.writing(self._engine) as db:
            db.execute(SUBSCRIPTIONS.delete().where(SUBSCRIPTIONS.c.token_sha256 == token_sha256))

    def subscribers(self, site_id: str) -> list[Subscriber]:
        """Until the shift's session is too old: a device in a pocket counts, though its session is idle."""
        young = SESSIONS.c.created_at >= self._now() - SESSION_AGE_MAX_S
        joined = _SESSIONS_OF_SITES.join(SUBSCRIPTIONS, SUBSCRIPTIONS.c.token_sha256 == SESSIONS.c.token_sha256)
        query = sa.select(SUBSCRIPTIONS, SESSIONS.c.person_id).select_from(joined).where(_of_site(site_id), young)
        with sql.reading(self._engine) as db:
            rows = db.execute(query).all()
        return [
            Subscriber(row.token_sha256, row.person_id, row.lang, Recipient(row.endpoint, row.p256dh, row.auth))
            for row in rows
        ]

    # ---- who was shown an alert --------------------------------------------------------------------------------

    def note_shown(self, site_id: str, person_id: str, alert_ids: Iterable[str]) -> None:
        """The first time counts. What is older than SHOWN_KEPT_S is forgotten."""
        now = self._now()
        with sql.writing(self._engine) as db:
            db.execute(SHOWN.delete().where(SHOWN.c.at < now - SHOWN_KEPT_S))
            for alert_id in alert_ids:
                row = {"site_id": site_id, "alert_id": alert_id, "person_id": person_id, "at": now}
                db.execute(sql.insert_new(self._engine, SHOWN), row)

    def shown(self, site_id: str) -> Mapping[str, Mapping[str, float]]:
        """alert -> person -> when it was shown to them first."""
        found: dict[str, dict[str, float]] = {}
        with sql.reading(self._engine) as db:
            for row in db.execute(sa.select(SHOWN).where(SHOWN.c.site_id == site_id)):
                found.setdefault(row.alert_id, {})[row.person_id] = row.at
        return found


_SESSIONS_OF_SITES = SESSIONS.join(SITES, SITES.c.works_no == SESSIONS.c.works_no).join(
    ACCOUNTS, ACCOUNTS.c.works_no == SESSIONS.c.works_no
)


def _of_site(site_id: str) -> sa.ColumnElement[bool]:
    """Sessions that may use the site; one that acts as somebody else is on its own site alone."""
    own = SESSIONS.c.person_id == ACCOUNTS.c.person_id
    return (SITES.c.site_id == site_id) & ~ACCOUNTS.c.disabled & (own | (SESSIONS.c.site_id == site_id))
