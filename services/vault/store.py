"""Names, numbers and photos behind the random `person_id` of the log, with erasure and a record of who read what.

Versions are kept, since the log names each by its hash. Erasing takes salt and text of all of them: the hashes on the
log stay what they are and say nothing any more, every proof stays valid, pages show "person erased".
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, Connection, Engine, Integer, LargeBinary, MetaData, String, Table, Text, func, select

from services import sql
from services.vault.facts import SALT_BYTES, commitment, name_of, text_of

#: Shown instead of a name.
ERASED_NAMES = {"en": "person erased", "zh-CN": "人员信息已删除"}
UNKNOWN_NAMES = {"en": "unknown person", "zh-CN": "未知人员"}
#: Ids asked for in one statement.
IDS_AT_ONCE = 500
FOUND_MAX = 50

METADATA = MetaData()
PERSONS = Table(
    "persons",
    METADATA,
    Column("person_id", String, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("vault_sha256", String, nullable=False),
    Column("salt", LargeBinary),  # null once erased, as is text
    Column("text", Text),
    Column("put_at", String, nullable=False),
    Column("erased_at", String),
)
#: Who read what of whom: one row for each read of a person's record; for names one a reader, person, purpose and day.
READS = Table(
    "reads",
    METADATA,
    Column("read_id", String, primary_key=True),
    Column("at", String, nullable=False, index=True),
    Column("reader", String, nullable=False),
    Column("person_id", String, nullable=False, index=True),
    Column("what", String, nullable=False),  # record, name, put, erase
    Column("purpose", String, nullable=False),
)


class UnknownPerson(LookupError):
    """The vault never had this person_id."""


class PersonErased(LookupError):
    """The person was erased; only the hashes on the log are left."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: how many versions, and the photos (documents), which no longer count as named.

    scrubbed: whether the bytes are out of the database's own files too; if not, erase again when nobody reads
    """

    person_id: str
    versions: int
    photos: tuple[str, ...]
    scrubbed: bool


def open_vault(url: str) -> Vault:
    """The vault of a database URL; its tables are made if they are missing."""
    engine = sql.open_database(url)
    sql.make_tables(engine, METADATA)
    return Vault(engine)


class Vault:
    """Blocks on the database for about a millisecond; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._names_logged: tuple[date, set[tuple[str, str, str]]] = (date.min, set())

    def close(self) -> None:
        self._engine.dispose()

    def put(self, person_id: str, facts: Mapping[str, Any], *, by: str = "service:vault") -> str:
        """Keeps a version and returns its `vault_sha256` for `register_person`; the same facts again make none.

        Raises BadFacts, and PersonErased: an erased id is never filled again, a returning person gets a new one.
        """
        text, salt = text_of(facts), secrets.token_bytes(SALT_BYTES)
        with sql.writing(self._engine) as connection:
            last = self._last(connection, person_id)
            if last is not None and last.text is None:
                raise PersonErased(person_id)
            if last is not None and last.text == text:
                return str(last.vault_sha256)
            vault_sha256 = commitment(salt, text)
            row = {
                "person_id": person_id,
                "version": 1 if last is None else last.version + 1,
                "vault_sha256": vault_sha256,
                "salt": salt,
                "text": text,
                "put_at": _now(),
            }
            connection.execute(PERSONS.insert().values(row))
            self._log(connection, by, [person_id], "put", "")
        return vault_sha256

    def names(
        self, person_ids: Iterable[str], lang: str, *, reader: str = "service:gateway", purpose: str = "page"
    ) -> dict[str, str]:
        """The name of every id asked for, in a language; "person erased" or "unknown person" where there is none.

        A service's id (`service:timekeeper`) is its own name.
        """
        wanted = sorted({person_id for person_id in person_ids if person_id})
        found = dict.fromkeys(wanted, UNKNOWN_NAMES[lang])
        found |= {person_id: person_id for person_id in wanted if person_id.startswith("service:")}
        with sql.reading(self._engine) as connection:
            for at in range(0, len(wanted), IDS_AT_ONCE):
                for row in connection.execute(_latest(wanted[at : at + IDS_AT_ONCE])):
                    found[row.person_id] = ERASED_NAMES[lang] if row.text is None else name_of(row.text, lang)
        self._log_names(reader, wanted, purpose)
        return found

    def read(self, person_id: str, *, reader: str, purpose: str) -> dict[str, Any]:
        """Everything of the latest version; the read is on record before it is answered.

        Raises UnknownPerson, PersonErased.
        """
        with sql.writing(self._engine) as connection:
            last = self._last(connection, person_id)
            if last is None:
                raise UnknownPerson(person_id)
            self._log(connection, reader, [person_id], "record", purpose)
        if last.text is None:
            raise PersonErased(person_id)
        facts: dict[str, Any] = json.loads(last.text)
        return facts

    def find(self, words: str, *, reader: str, purpose: str = "search", limit: int = FOUND_MAX) -> list[str]:
        """Ids of people whose name in any language, or works number, contains the words."""
        wanted = words.strip().casefold()
        if not wanted:
            return []
        with sql.reading(self._engine) as connection:
            rows = connection.execute(_latest(None)).all()
        found = [row.person_id for row in rows if row.text is not None and wanted in _searchable(row.text)][:limit]
        self._log_names(reader, found, purpose)
        return found

    def is_erased(self, person_id: str) -> bool:
        with sql.reading(self._engine) as connection:
            last = self._last(connection, person_id)
        return last is not None and last.text is None

    def verify(self, person_id: str, vault_sha256: str) -> bool:
        """Whether a kept version of this person hashes to what the log says; False for an erased one."""
        query = select(PERSONS.c.salt, PERSONS.c.text).where(
            PERSONS.c.person_id == person_id, PERSONS.c.vault_sha256 == vault_sha256, PERSONS.c.text.is_not(None)
        )
        with sql.reading(self._engine) as connection:
            return any(commitment(row.salt, row.text) == vault_sha256 for row in connection.execute(query))

    def erase(self, person_id: str, *, by: str, purpose: str) -> Erased:
        """Deletes salt and text of every version, also from the database's own files. Again is no error.

        Raises UnknownPerson.
        """
        with sql.writing(self._engine) as connection:
            rows = connection.execute(select(PERSONS).where(PERSONS.c.person_id == person_id)).all()
            if not rows:
                raise UnknownPerson(person_id)
            kept = [row for row in rows if row.text is not None]
            connection.execute(
                PERSONS.update()
                .where(PERSONS.c.person_id == person_id, PERSONS.c.text.is_not(None))
                .values(salt=None, text=None, erased_at=_now())
            )
            self._log(connection, by, [person_id], "erase", purpose)
        scrubbed = sql.scrub(self._engine, PERSONS)
        photos = {json.loads(row.text).get("photo_sha256") for row in kept} - {None}
        return Erased(person_id, len(kept), tuple(sorted(photos)), scrubbed)

    def photos(self) -> frozenset[str]:
        """Documents that the vault names: the sweep of the document store leaves them."""
        with sql.reading(self._engine) as connection:
            texts = connection.execute(select(PERSONS.c.text).where(PERSONS.c.text.is_not(None))).scalars()
            return frozenset(photo for text in texts if (photo := json.loads(text).get("photo_sha256")))

    def reads(self, person_id: str) -> list[dict[str, Any]]:
        """Who read or changed what of a person, in the order it happened."""
        query = select(READS).where(READS.c.person_id == person_id).order_by(READS.c.at, READS.c.read_id)
        with sql.reading(self._engine) as connection:
            return [dict(row._mapping) for row in connection.execute(query)]

    @staticmethod
    def _last(connection: Connection, person_id: str) -> Any:
        query = select(PERSONS).where(PERSONS.c.person_id == person_id).order_by(PERSONS.c.version.desc()).limit(1)
        return connection.execute(query).first()

    def _log_names(self, reader: str, person_ids: list[str], purpose: str) -> None:
        """A page joins the same names at every look: one row a day says as much as a thousand."""
        today = datetime.now(UTC).date()
        if self._names_logged[0] != today:
            self._names_logged = (today, set())
        logged = self._names_logged[1]
        new = [p for p in person_ids if (reader, p, purpose) not in logged and not p.startswith("service:")]
        if not new:
            return
        with sql.writing(self._engine) as connection:
            self._log(connection, reader, new, "name", purpose)
        logged.update((reader, person_id, purpose) for person_id in new)

    @staticmethod
    def _log(connection: Connection, reader: str, person_ids: list[str], what: str, purpose: str) -> None:
        said = {"at": _now(), "reader": reader, "what": what, "purpose": purpose}
        rows = [{"read_id": secrets.token_hex(16), "person_id": person_id, **said} for person_id in person_ids]
        connection.execute(READS.insert(), rows)


def _latest(person_ids: list[str] | None) -> Any:
    newest = select(PERSONS.c.person_id, func.max(PERSONS.c.version).label("version")).group_by(PERSONS.c.person_id)
    if person_ids is not None:
        newest = newest.where(PERSONS.c.person_id.in_(person_ids))
    last = newest.subquery()
    return select(PERSONS.c.person_id, PERSONS.c.text).join(
        last, (PERSONS.c.person_id == last.c.person_id) & (PERSONS.c.version == last.c.version)
    )


def _searchable(text: str) -> str:
    facts = json.loads(text)
    return "\n".join([*facts["name"].values(), facts.get("works_no", "")]).casefold()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
