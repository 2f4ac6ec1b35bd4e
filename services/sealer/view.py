"""What every content of a paper is made from: the board as it was after one record, its rules, and names for people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pdf_templates.words import LANGUAGES, catalogue
from services.seven_steps import site_time
from services.seven_steps.board import Board
from services.seven_steps.codec import plain
from services.seven_steps.facts import Stated
from services.seven_steps.rules import Rules

Names = dict[str, str]
NameOf = Callable[[str], Names]
SIMULATED = "simulated"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where in the chain the document stands: the last record it carries, and that record's hash."""

    record: int
    head: str
    packs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class View:
    """Everything the contents are made from. `link` is the base URL of the pages."""

    board: Board
    rules: Rules
    name: NameOf
    proof: Proof
    link: str

    def time(self, moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        return "" if moment is None else site_time.local(self.board, moment).strftime(form)

    def minute(self, moment: datetime | None) -> str:
        return self.time(moment, "%Y-%m-%d %H:%M")

    def signed(self, stated: Stated | None, **more: Any) -> dict[str, Any] | None:
        if stated is None:
            return None
        made = {"by": self.name(stated.by), "at": self.time(stated.at), "means": stated.means, "record": stated.seq}
        return {**made, "opinion": "", "presence": "", **more}

    @property
    def site(self) -> dict[str, Any]:
        site = self.board.site
        assert site is not None
        return {
            "name": dict(site.name),
            "emergency_number": site.emergency_number,
            "muster_point": dict(site.muster_point),
        }

    @property
    def demo(self) -> bool:
        return self.board.site is not None and self.board.site.clock == SIMULATED

    @property
    def foot(self) -> dict[str, Any]:
        return {"packs": list(self.proof.packs), "record": self.proof.record, "head": self.proof.head}

    def area(self, area_id: str) -> Names:
        area = self.board.areas.get(area_id)
        return dict(area.name) if area else {}

    def contractor(self, contractor_id: str | None) -> Names | None:
        contractor = self.board.contractors.get(contractor_id or "")
        return dict(contractor.name) if contractor else None


def people_of(board: Board, *parts: Any) -> set[str]:
    """Ids of all people who are named anywhere in these parts of the board."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, str):
            if value in board.people:
                found.add(value)
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(key)
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for part in parts:
        walk(plain(part))
    return found


def word(section: str, key: str, **values: str) -> Names:
    """A standard word in both languages; what the catalogues do not know is shown as it is."""
    found = {lang: catalogue(lang).get(f"{section}.{key}", key) for lang in LANGUAGES}
    return {lang: text.format(**values) if values else text for lang, text in found.items()}
