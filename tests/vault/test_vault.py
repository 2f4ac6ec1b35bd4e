"""The people vault: versions and their hashes, names, the record of reads, erasure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from services import sql
from services.seven_steps.canonical import canonical
from services.vault import PERSON_BYTES_MAX, BadFacts, PersonErased, UnknownPerson, Vault, open_vault
from services.vault.store import PERSONS
from tests.tools.databases import BOTH, fresh_database

WANG = {
    "name": {"en": "Wang Jun", "zh-CN": "王𫖮"},
    "phone": "13900000001",
    "id_number": "310101199001011234",
    "works_no": "W-0417",
    "certificate_numbers": {"cert-1": "T310101199001011234"},
    "photo_sha256": "ab" * 32,
}
READER = {"reader": "p-hse", "purpose": "call him"}


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield from fresh_database(request.param, tmp_path)


@pytest.fixture
def vault(url: str) -> Iterator[Vault]:
    vault = open_vault(url)
    yield vault
    vault.close()


def test_what_was_put_is_read_back(vault: Vault) -> None:
    vault.put("p1", WANG)
    assert vault.read("p1", **READER) == WANG


def test_the_hash_is_that_of_salt_and_canonical_text(vault: Vault, url: str) -> None:
    given = vault.put("p1", WANG)
    with sql.reading(sql.open_database(url)) as connection:
        (salt, text) = connection.execute(select(PERSONS.c.salt, PERSONS.c.text)).one()
    assert len(salt) == 32
    assert text.encode() == canonical(WANG)
    assert given == hashlib.sha256(salt + text.encode()).hexdigest()
    assert vault.verify("p1", given)
    assert not vault.verify("p1", "0" * 64) and not vault.verify("p2", given)


def test_the_same_facts_again_are_no_new_version(vault: Vault) -> None:
    assert vault.put("p1", WANG) == vault.put("p1", dict(reversed(WANG.items())))


def test_two_people_with_the_same_facts_have_different_hashes(vault: Vault) -> None:
    assert vault.put("p1", WANG) != vault.put("p2", WANG)


def test_an_older_version_can_still_be_verified(vault: Vault) -> None:
    old = vault.put("p1", WANG)
    new = vault.put("p1", WANG | {"phone": "13900000002"})
    assert old != new and vault.verify("p1", old) and vault.verify("p1", new)
    assert vault.read("p1", **READER)["phone"] == "13900000002"


@pytest.mark.parametrize(
    ("lang", "names"),
    [
        ("en", {"p1": "Wang Jun", "p2": "李", "p3": "person erased", "p4": "unknown person"}),
        ("zh-CN", {"p1": "王𫖮", "p2": "李", "p3": "人员信息已删除", "p4": "未知人员"}),
    ],
)
def test_names_are_joined_in_the_readers_language(vault: Vault, lang: str, names: dict[str, str]) -> None:
    vault.put("p1", WANG)
    vault.put("p2", {"name": {"zh-CN": "李"}})
    vault.put("p3", WANG)
    vault.erase("p3", by="p-admin", purpose="request of 2026-11-20")
    expected = names | {"service:sealer": "service:sealer"}
    assert vault.names(["p1", "p2", "p3", "p4", "", "service:sealer", "p1"], lang) == expected


def test_names_of_more_people_than_one_statement_takes(vault: Vault) -> None:
    for n in range(3):
        vault.put(f"p{n * 600}", {"name": {"en": f"Person {n * 600}"}})
    names = vault.names([f"p{n}" for n in range(1300)], "en")
    assert len(names) == 1300
    assert [names["p0"], names["p600"], names["p1200"]] == ["Person 0", "Person 600", "Person 1200"]


def test_every_read_of_a_record_is_on_record_with_its_reader_and_purpose(vault: Vault) -> None:
    vault.put("p1", WANG, by="p-admin")
    vault.read("p1", reader="p-hse", purpose="call him")
    vault.read("p1", reader="p-hse", purpose="call him")
    vault.erase("p1", by="p-admin", purpose="asked for it")
    with pytest.raises(PersonErased):
        vault.read("p1", reader="p-hse", purpose="again")
    told = [(row["reader"], row["what"], row["purpose"]) for row in vault.reads("p1")]
    assert sorted(told) == sorted(
        [
            ("p-admin", "put", ""),
            ("p-hse", "record", "call him"),
            ("p-hse", "record", "call him"),
            ("p-admin", "erase", "asked for it"),
            ("p-hse", "record", "again"),
        ]
    )


def test_names_joined_into_pages_are_on_record_once_a_day(vault: Vault) -> None:
    vault.put("p1", WANG)
    for _ in range(3):
        vault.names(["p1"], "en", reader="p-hse", purpose="board")
    vault.names(["p1"], "en", reader="p-lead", purpose="board")
    assert [row["reader"] for row in vault.reads("p1") if row["what"] == "name"] == ["p-hse", "p-lead"]


def test_erasing_leaves_no_byte_of_the_person_in_the_files(tmp_path: Path) -> None:
    vault = open_vault(f"sqlite:///{tmp_path}/vault.db")
    for phone in ("13900000001", "13900000002"):
        sha256 = vault.put("p1", WANG | {"phone": phone})
    vault.put("p2", {"name": {"en": "Li Na"}})
    erased = vault.erase("p1", by="p-admin", purpose="asked for it")
    assert (erased.versions, erased.photos, erased.scrubbed) == (2, ("ab" * 32,), True)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for secret in ("Wang Jun", "王𫖮", "13900000001", "13900000002", "310101199001011234", "W-0417"):
        assert secret.encode() not in everything, secret
    assert sha256.encode() in everything, "the hash stays, as it does on the log"


def test_an_erased_person_is_known_as_such_and_verifies_no_more(vault: Vault) -> None:
    sha256 = vault.put("p1", WANG)
    vault.put("p2", WANG)
    vault.erase("p1", by="p-admin", purpose="asked for it")
    assert vault.is_erased("p1") and not vault.is_erased("p2") and not vault.is_erased("p3")
    assert not vault.verify("p1", sha256)
    assert vault.erase("p1", by="p-admin", purpose="asked for it").versions == 0


def test_an_erased_person_is_not_filled_again(vault: Vault) -> None:
    vault.put("p1", WANG)
    vault.erase("p1", by="p-admin", purpose="asked for it")
    with pytest.raises(PersonErased):
        vault.put("p1", WANG)


def test_somebody_never_known_is_said_so(vault: Vault) -> None:
    with pytest.raises(UnknownPerson):
        vault.read("p9", **READER)
    with pytest.raises(UnknownPerson):
        vault.erase("p9", by="p-admin", purpose="asked for it")
    assert vault.reads("p9") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [("wang", ["p1"]), ("王", ["p1"]), ("W-0417", ["p1"]), ("1390", []), ("  ", []), ("na", ["p2"])],
)
def test_people_are_found_by_name_or_works_number_but_not_by_other_facts(
    vault: Vault, words: str, found: list[str]
) -> None:
    vault.put("p1", WANG)
    vault.put("p2", {"name": {"en": "Li Na"}})
    vault.put("p3", {"name": {"en": "Wang Na"}})
    vault.erase("p3", by="p-admin", purpose="asked for it")
    assert vault.find(words, reader="p-hse") == found


def test_photos_of_people_are_named_until_they_are_erased(vault: Vault) -> None:
    vault.put("p1", WANG)
    assert vault.photos() == {"ab" * 32}
    vault.erase("p1", by="p-admin", purpose="asked for it")
    assert vault.photos() == frozenset()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": {}}, "name"),
        ({"name": "Wang"}, "name"),
        ({"name": {"fr": "Wang"}}, "name"),
        ({"name": {"en": " "}}, "name.en"),
        ({"phone": 13900000001}, "phone"),
        ({"phone": "1\x00"}, "phone"),
        ({"certificate_numbers": ["T1"]}, "certificate_numbers"),
        ({"photo_sha256": "AB" * 32}, "photo_sha256"),
        ({"religion": "secret"}, "religion"),
        ({"phone": "\ud800"}, "canonical"),
    ],
)
def test_facts_of_another_form_are_refused_without_repeating_them(vault: Vault, change: dict, named: str) -> None:
    with pytest.raises(BadFacts, match=named) as refused:
        vault.put("p1", WANG | change)
    assert "secret" not in str(refused.value)
    with pytest.raises(UnknownPerson):
        vault.read("p1", **READER)


@pytest.mark.parametrize("extra", [0, 1])
def test_a_person_has_16_kib_to_the_byte(vault: Vault, extra: int) -> None:
    empty = {"name": {"en": "A"}, "fitness": ""}
    facts = empty | {"fitness": "x" * (PERSON_BYTES_MAX - len(canonical(empty)) + extra)}
    if extra:
        with pytest.raises(BadFacts, match=str(PERSON_BYTES_MAX)):
            vault.put("p1", facts)
    else:
        assert vault.verify("p1", vault.put("p1", facts))


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    vault = open_vault(f"sqlite:///{tmp_path}/vault.db")
    vault.put("p1", WANG)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


def test_a_vault_opened_again_has_what_was_put(vault: Vault, url: str) -> None:
    sha256 = vault.put("p1", WANG)
    vault.close()
    again = open_vault(url)
    assert again.verify("p1", sha256)
    assert json.dumps(again.read("p1", **READER), sort_keys=True) == json.dumps(WANG, sort_keys=True)
