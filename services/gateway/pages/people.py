"""Names on a page. Views hold person ids; the ids are collected while a view is built and asked of the vault once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from services.gateway.texts import Texts
from services.seven_steps.board import Board

#: Commands of our own programs have no person.
SERVICE_PREFIX = "service:"


class People:
    """The persons shown on one page."""

    def __init__(self, board: Board, said: Texts) -> None:
        self.board, self.said = board, said
        self.ids: set[str] = set()
        self.names: Mapping[str, str] = {}

    def see(self, person_id: str | None) -> str:
        """Note that this person's name is needed; gives the id back."""
        if person_id and person_id in self.board.people:
            self.ids.add(person_id)
        return person_id or ""

    def see_all(self, person_ids: Iterable[str]) -> None:
        for person_id in person_ids:
            self.see(person_id)

    def name(self, person_id: str | None) -> str:
        if not person_id:
            return self.said.t("words.nobody")
        if person_id.startswith(SERVICE_PREFIX):
            return self.said.t("words.system")
        return self.names.get(person_id) or self.said.word("role", person_id)

    def roles(self, person_id: str) -> str:
        """The roles of a person in words, most telling first."""
        known = self.board.people.get(person_id)
        return (
            self.said.t("list.comma").join(self.said.word("role", role) for role in sorted(known.roles))
            if known
            else ""
        )

    def with_roles(self, wanted: Iterable[str]) -> list[str]:
        """Everybody on the site who holds one of these roles."""
        asked = frozenset(wanted)
        return sorted(person.person_id for person in self.board.people.values() if person.roles & asked)

    def who(self, suppliers: Iterable[str]) -> list[str]:
        """Who can supply what is missing, in words: `who` holds ids of persons, or roles."""
        return [self.name(one) for one in suppliers]
