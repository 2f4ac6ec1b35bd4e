"""The tables of the accounts database and the engine on it. Passwords, codes and tokens stand here as hashes only."""

from __future__ import annotations

import sqlalchemy as sa

from services import sql

SESSION_IDLE_S = 2 * 3600  # unused for longer: sign in again
SESSION_AGE_MAX_S = 12 * 3600  # one shift

METADATA = sa.MetaData()

ACCOUNTS = sa.Table(
    "accounts",
    METADATA,
    sa.Column("works_no", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(64), nullable=False, index=True),
    sa.Column("password_hash", sa.String(200)),
    sa.Column("lang", sa.String(5), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("locked_until", sa.Float, nullable=False, default=0.0),
    sa.Column("code_hash", sa.String(64)),
    sa.Column("code_until", sa.Float, nullable=False, default=0.0),
    sa.Column("code_failures", sa.Integer, nullable=False, default=0),
    sa.Column("disabled", sa.Boolean, nullable=False, default=False),
)
SITES = sa.Table(
    "account_sites",
    METADATA,
    sa.Column("works_no", sa.String(64), sa.ForeignKey("accounts.works_no"), primary_key=True),
    sa.Column("site_id", sa.String(64), primary_key=True),
    sa.Column("position", sa.Integer, nullable=False),
)
SESSIONS = sa.Table(
    "sessions",
    METADATA,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("works_no", sa.String(64), sa.ForeignKey("accounts.works_no"), nullable=False, index=True),
    sa.Column("person_id", sa.String(64), nullable=False),
    sa.Column("site_id", sa.String(64), nullable=False),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
    sa.Column("seen_at", sa.Float, nullable=False),
    sa.Column("authenticated_at", sa.Float, nullable=False),
)
#: Challenges handed out for signing in by key; each is spent once. Hashes only, as with tokens.
CHALLENGES = sa.Table(
    "challenges",
    METADATA,
    sa.Column("challenge_sha256", sa.String(64), primary_key=True),
    sa.Column("valid_until", sa.Float, nullable=False, index=True),
)
#: Where a browser that asked for it can be reached while its session lasts. One a session.
SUBSCRIPTIONS = sa.Table(
    "push_subscriptions",
    METADATA,
    sa.Column("token_sha256", sa.String(64), primary_key=True),
    sa.Column("endpoint", sa.String(1024), nullable=False, index=True),
    sa.Column("p256dh", sa.String(128), nullable=False),
    sa.Column("auth", sa.String(32), nullable=False),
    sa.Column("lang", sa.String(5), nullable=False),
)
#: To whom an alert of a site was shown, and when.
SHOWN = sa.Table(
    "alerts_shown",
    METADATA,
    sa.Column("site_id", sa.String(64), primary_key=True),
    sa.Column("alert_id", sa.String(64), primary_key=True),
    sa.Column("person_id", sa.String(64), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)


def open_engine(url: str) -> sa.Engine:
    """The engine on `url`, its tables made if they are missing."""
    engine = sql.open_database(url)
    sql.make_tables(engine, METADATA)
    return engine
