"""Accounts and sessions: who may sign in, as whom, for which sites. Never on the log.

The store is synchronous SQL; the gateway calls it in a thread. Times are POSIX seconds of the real clock, on
simulated sites too (design: sessions are real time).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from services import sql
from services.gateway import passwords
from services.gateway.accounts_db import (
    ACCOUNTS,
    CHALLENGES,
    SESSION_AGE_MAX_S,
    SESSION_IDLE_S,
    SESSIONS,
    SITES,
    open_engine,
)
from services.gateway.reach_store import ReachStore

SEEN_EVERY_S = 60  # how often a used session is written down
FAILURES_BEFORE_LOCK = 5
LOCK_FIRST_S = 30  # doubles with each further failure
LOCK_MAX_S = 15 * 60
CODE_AGE_MAX_S = 24 * 3600
CODE_TRIES_MAX = 5
SESSIONS_PER_ACCOUNT_MAX = 20
CHALLENGE_AGE_MAX_S = 60  # from asking for a challenge to handing in its signature
TRIED_CHARS_MAX = passwords.PASSWORD_CHARS_MAX + 1  # one more than fits, so that a longer one never does


class AccountExists(Exception):
    """The works number is taken."""


class NoSuchAccount(Exception):
    """There is no account with this works number."""


class Locked(Exception):
    """Too many wrong passwords; `seconds` until the next try counts."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"locked for {seconds} s")
        self.seconds = seconds


class WrongCredentials(Exception):
    """No such account, wrong password, wrong or used code: one answer for all."""


class WeakPassword(Exception):
    """Shorter or longer than the named limits."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in session.

    public_id:  names the session on the log; tells nothing of its token
    person_id:  who acts: the account's person or, on a simulated site, whom it acts as
    own_person_id: the account's own person
    site_id:    the site shown when the address names none; sites: all it may use
    authenticated_at: when they last proved who they are: password, one-time code, or a key's signature (POSIX seconds)
    """

    token_sha256: str
    works_no: str
    person_id: str
    own_person_id: str
    site_id: str
    sites: tuple[str, ...]
    lang: str
    csrf: str
    created_at: float
    seen_at: float
    authenticated_at: float

    @property
    def public_id(self) -> str:
        return self.token_sha256[:16]


class Accounts:
    """The accounts database. `now` is the real clock; tests hand in their own."""

    def __init__(self, url: str, now: Callable[[], float] = time.time) -> None:
        self._engine = open_engine(url)
        self._now = now
        self.reach = ReachStore(self._engine, now)

    def close(self) -> None:
        self._engine.dispose()

    # ---- accounts ----------------------------------------------------------------------------------------------

    def create(
        self, works_no: str, person_id: str, sites: Iterable[str], *, password: str | None = None, lang: str = "zh-CN"
    ) -> str | None:
        """A new account. Without a password, the one-time code to set one. Raises AccountExists, WeakPassword."""
        row = {
            "works_no": works_no,
            "person_id": person_id,
            "password_hash": _checked_hash(password) if password is not None else None,
            "lang": lang,
        }
        try:
            with sql.writing(self._engine) as db:
                db.execute(ACCOUNTS.insert().values(**row))
                _write_sites(db, works_no, sites)
        except sa.exc.IntegrityError:
            raise AccountExists(works_no) from None
        return None if password is not None else self.issue_code(works_no)

    def allow_sites(self, works_no: str, sites: Iterable[str]) -> None:
        """The sites this account may use, the first of them its own."""
        with sql.writing(self._engine) as db:
            _write_sites(db, works_no, sites)

    def exists(self, works_no: str) -> bool:
        with sql.reading(self._engine) as db:
            return _account(db, works_no) is not None

    def works_numbers(self) -> list[str]:
        with sql.reading(self._engine) as db:
            return list(db.execute(sa.select(ACCOUNTS.c.works_no).order_by(ACCOUNTS.c.works_no)).scalars())

    def sites_of(self, works_no: str) -> tuple[str, ...]:
        with sql.reading(self._engine) as db:
            return _sites(db, works_no)

    def issue_code(self, works_no: str) -> str:
        """A one-time code with which the person sets a password or signs in once; replaces an earlier one. Raises
        NoSuchAccount."""
        code = passwords.new_code()
        until = self._now() + CODE_AGE_MAX_S
        values = {"code_hash": passwords.code_sha256(code), "code_until": until, "code_failures": 0}
        with sql.writing(self._engine) as db:
            changed = db.execute(ACCOUNTS.update().where(ACCOUNTS.c.works_no == works_no).values(**values))
        if changed.rowcount != 1:
            raise NoSuchAccount(works_no)
        return code

    def set_password(self, works_no: str, code: str, password: str) -> None:
        """Spend a one-time code. Ends every session of the account. Raises WrongCredentials, WeakPassword."""
        hashed = _checked_hash(password)
        with sql.writing(self._engine) as db:
            row = _spend_code(db, works_no, code, self._now())
            if row is not None:
                _update(db, works_no, password_hash=hashed, failures=0, locked_until=0.0)
                db.execute(SESSIONS.delete().where(SESSIONS.c.works_no == works_no))
        if row is None:
            raise WrongCredentials

    # ---- sessions ----------------------------------------------------------------------------------------------

    def sign_in(self, works_no: str, password: str) -> tuple[str, Session]:
        """The new session and its token, which is told once. Raises WrongCredentials, Locked."""
        row = self._verified(works_no, password)
        return self._begin(works_no, row.person_id, row.lang)

    def sign_in_by_code(self, works_no: str, code: str) -> tuple[str, Session]:
        """A session for whoever spends a one-time code, to make a key on their handheld; the password, if there is one,
        and other sessions stay. Raises WrongCredentials."""
        with sql.writing(self._engine) as db:
            row = _spend_code(db, works_no, code, self._now())
        if row is None or row.disabled:
            raise WrongCredentials
        return self._begin(works_no, row.person_id, row.lang)

    def sign_in_by_key(self, person_id: str, site_id: str) -> tuple[str, Session]:
        """A session for whoever proved to hold this person's live key of this site. The caller has checked the
        signature and spent the challenge; a lock against guessed passwords does not bar it. Raises WrongCredentials."""
        query = (
            sa.select(ACCOUNTS)
            .join(SITES, SITES.c.works_no == ACCOUNTS.c.works_no)
            .where(ACCOUNTS.c.person_id == person_id, SITES.c.site_id == site_id, ACCOUNTS.c.disabled.is_(False))
        )
        with sql.reading(self._engine) as db:
            row = db.execute(query).first()
        if row is None:
            raise WrongCredentials
        return self._begin(row.works_no, person_id, row.lang, site_id)

    def new_challenge(self) -> str:
        """What a device key signs to sign in; good once, for CHALLENGE_AGE_MAX_S."""
        challenge, now = passwords.new_token(), self._now()
        values = {"challenge_sha256": passwords.token_sha256(challenge), "valid_until": now + CHALLENGE_AGE_MAX_S}
        with sql.writing(self._engine) as db:
            db.execute(CHALLENGES.delete().where(CHALLENGES.c.valid_until < now))
            db.execute(CHALLENGES.insert().values(**values))
        return challenge

    def spend_challenge(self, challenge: str) -> None:
        """Raises WrongCredentials for one that was never handed out, is spent, or is too old."""
        mine = CHALLENGES.c.challenge_sha256 == passwords.token_sha256(challenge)
        with sql.writing(self._engine) as db:
            spent = db.execute(CHALLENGES.delete().where(mine, CHALLENGES.c.valid_until >= self._now()))
        if spent.rowcount != 1:
            raise WrongCredentials

    def _begin(self, works_no: str, person_id: str, lang: str, site_id: str = "") -> tuple[str, Session]:
        token, now = passwords.new_token(), self._now()
        with sql.writing(self._engine) as db:
            sites = _sites(db, works_no)
            if not sites:
                raise WrongCredentials
            _drop_old_sessions(db, works_no, now)
            found = Session(
                token_sha256=passwords.token_sha256(token),
                works_no=works_no,
                person_id=person_id,
                own_person_id=person_id,
                site_id=site_id or sites[0],
                sites=sites,
                lang=lang,
                csrf=passwords.new_token(),
                created_at=now,
                seen_at=now,
                authenticated_at=now,
            )
            db.execute(SESSIONS.insert().values(**_stored(found)))
        return token, found

    def session_of(self, token: str) -> Session | None:
        """The live session of a token; None when there is none, it was idle too long, or is too old."""
        now = self._now()
        with sql.reading(self._engine) as db:
            row = db.execute(_SESSION_QUERY, {"token": passwords.token_sha256(token)}).one_or_none()
            if row is None or row.disabled:
                return None
            if now - row.seen_at > SESSION_IDLE_S or now - row.created_at > SESSION_AGE_MAX_S:
                return None
            found = _session(row, _sites(db, row.works_no))
        if now - row.seen_at > SEEN_EVERY_S:
            self._change(found.token_sha256, seen_at=now)
        return found if found.site_id in found.sites else None

    def alive(self, token_sha256: str) -> bool:
        """Whether a session still exists (an open stream asks from time to time)."""
        query = sa.select(SESSIONS.c.created_at).where(SESSIONS.c.token_sha256 == token_sha256)
        with sql.reading(self._engine) as db:
            created = db.execute(query).scalar_one_or_none()
        return created is not None and self._now() - created <= SESSION_AGE_MAX_S

    def sign_out(self, session: Session) -> None:
        with sql.writing(self._engine) as db:
            db.execute(SESSIONS.delete().where(SESSIONS.c.token_sha256 == session.token_sha256))
        self.reach.unsubscribe(session.token_sha256)

    def re_authenticate(self, session: Session, password: str) -> Session:
        """Prove again who one is, before a signature. Raises WrongCredentials, Locked."""
        self._verified(session.works_no, password)
        return self._changed(session, authenticated_at=self._now())

    def act_as(self, session: Session, person_id: str, site_id: str) -> Session:
        """Another person acts in this session, on this site. The caller has checked that its clock is simulated."""
        return self._changed(session, person_id=person_id, site_id=site_id)

    # ---- inside ------------------------------------------------------------------------------------------------

    def _verified(self, works_no: str, password: str) -> Any:
        with sql.reading(self._engine) as db:
            row = _account(db, works_no)
        now = self._now()
        if row is not None and row.locked_until > now:
            raise Locked(int(row.locked_until - now) + 1)
        fits = passwords.password_fits(row.password_hash if row is not None else None, password[:TRIED_CHARS_MAX])
        if row is None:
            raise WrongCredentials
        if not fits or row.disabled:
            self._count_failure(works_no, now)
            raise WrongCredentials
        with sql.writing(self._engine) as db:
            stale = passwords.needs_rehash(row.password_hash)
            rehashed = {"password_hash": passwords.hash_password(password)} if stale else {}
            if row.failures or rehashed:
                _update(db, works_no, failures=0, locked_until=0.0, **rehashed)
        return row

    def _count_failure(self, works_no: str, now: float) -> None:
        with sql.writing(self._engine) as db:
            _update(db, works_no, failures=ACCOUNTS.c.failures + 1)
            failures = _account(db, works_no).failures
            over = failures - FAILURES_BEFORE_LOCK
            if over >= 0:
                _update(db, works_no, locked_until=now + min(LOCK_MAX_S, LOCK_FIRST_S * 2 ** min(over, 10)))

    def _changed(self, session: Session, **values: Any) -> Session:
        self._change(session.token_sha256, **values)
        changed = replace(session, **values)
        reach = self.sites_of(session.works_no)
        if changed.person_id != changed.own_person_id:
            reach = tuple(site for site in reach if site == changed.site_id)
        return replace(changed, sites=reach)

    def _change(self, token_sha256: str, **values: Any) -> None:
        with sql.writing(self._engine) as db:
            db.execute(SESSIONS.update().where(SESSIONS.c.token_sha256 == token_sha256).values(**values))


_SESSION_QUERY = (
    sa.select(SESSIONS, ACCOUNTS.c.person_id.label("own_person_id"), ACCOUNTS.c.lang, ACCOUNTS.c.disabled)
    .join(ACCOUNTS, ACCOUNTS.c.works_no == SESSIONS.c.works_no)
    .where(SESSIONS.c.token_sha256 == sa.bindparam("token"))
)


def _checked_hash(password: str) -> str:
    if not passwords.PASSWORD_CHARS_MIN <= len(password) <= passwords.PASSWORD_CHARS_MAX:
        raise WeakPassword
    return passwords.hash_password(password)


def _account(db: sa.Connection, works_no: str) -> Any:
    return db.execute(sa.select(ACCOUNTS).where(ACCOUNTS.c.works_no == works_no)).one_or_none()


def _spend_code(db: sa.Connection, works_no: str, code: str, now: float) -> Any:
    """The account whose one-time code this is, which is good no more; None for a wrong code, which counts."""
    row = _account(db, works_no)
    usable = row is not None and row.code_hash and row.code_until > now
    fits = passwords.same((row.code_hash if row is not None else None) or "", passwords.code_sha256(code))
    if usable and fits:
        _update(db, works_no, code_hash=None, code_until=0.0)
        return row
    if usable:
        tries = row.code_failures + 1
        _update(db, works_no, code_failures=tries, **({"code_hash": None} if tries >= CODE_TRIES_MAX else {}))
    return None


def _update(db: sa.Connection, works_no: str, **values: Any) -> None:
    db.execute(ACCOUNTS.update().where(ACCOUNTS.c.works_no == works_no).values(**values))


def _sites(db: sa.Connection, works_no: str) -> tuple[str, ...]:
    query = sa.select(SITES.c.site_id).where(SITES.c.works_no == works_no).order_by(SITES.c.position)
    return tuple(db.execute(query).scalars())


def _write_sites(db: sa.Connection, works_no: str, sites: Iterable[str]) -> None:
    db.execute(SITES.delete().where(SITES.c.works_no == works_no))
    rows = [{"works_no": works_no, "site_id": site, "position": index} for index, site in enumerate(sites)]
    if rows:
        db.execute(SITES.insert(), rows)


def _drop_old_sessions(db: sa.Connection, works_no: str, now: float) -> None:
    mine = SESSIONS.c.works_no == works_no
    stale = (SESSIONS.c.created_at < now - SESSION_AGE_MAX_S) | (SESSIONS.c.seen_at < now - SESSION_IDLE_S)
    db.execute(SESSIONS.delete().where(mine & stale))
    kept = sa.select(SESSIONS.c.token_sha256).where(mine).order_by(SESSIONS.c.seen_at.desc())
    surplus = list(db.execute(kept.offset(SESSIONS_PER_ACCOUNT_MAX - 1)).scalars())
    if surplus:
        db.execute(SESSIONS.delete().where(SESSIONS.c.token_sha256.in_(surplus)))


def _stored(session: Session) -> dict[str, Any]:
    return {column.name: getattr(session, column.name) for column in SESSIONS.columns}


def _session(row: Any, sites: tuple[str, ...]) -> Session:
    shared = {column.name: getattr(row, column.name) for column in SESSIONS.columns}
    # Who acts as somebody else does so on one simulated site; no other site of the account is within reach.
    reach = sites if row.person_id == row.own_person_id else tuple(site for site in sites if site == row.site_id)
    return Session(**shared, own_person_id=row.own_person_id, sites=reach, lang=row.lang)
