"""Rule packs as the core sees them: numbers with their clause, edition, unit and text; gases; lists; alarm codes.

Where several packs of a site bind the same work, the stricter number wins, and whoever asks learns which pack decided.
A site's own policy may tighten a law's number, never loosen it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from services.seven_steps.board import Board
from services.seven_steps.facts import EMPTY

LOWER, HIGHER = "lower", "higher"
#: What a number may be said to bind; a number that says nothing binds all work its name is about. "entry" is work
#: inside a confined space, whatever the ticket's type (reading A10.14: 1910.146 binds entry, not hot work outside).
ENTRY = "entry"
#: Work on equipment that holds oxygen (GB 30871-2022 5.2.7).
OXYGEN_EQUIPMENT = "oxygen_equipment"
#: Named as the pack that decided where the site's own policy did.
SITE = "site"
SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
#: Units of the calendar, in its months.
MONTHS = {"month": 1, "y": 12}


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a pack. stricter: which way is stricter; binds: the kinds of work it binds, empty for all.

    text: what it is, by language.
    """

    value: Decimal
    unit: str
    clause: str
    stricter: str = LOWER
    binds: frozenset[str] = frozenset()
    text: Mapping[str, str] = EMPTY


@dataclass(frozen=True, slots=True)
class Gas:
    """Properties of a gas. lel is in %vol; mac and pc_stel in mg/m3 (GBZ 2.1); molar_mass in g/mol."""

    kind: str  # combustible, oxygen, toxic
    clause: str
    lel: Decimal | None = None
    mac: Decimal | None = None
    pc_stel: Decimal | None = None
    molar_mass: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Pack:
    id: str
    version: int
    edition: str
    is_policy: bool
    numbers: Mapping[str, Number]
    gases: Mapping[str, Gas]
    lists: Mapping[str, tuple[str, ...]]
    alarms: Mapping[str, Mapping[str, str]] = EMPTY  # code -> text by language

    @property
    def ref(self) -> str:
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Bound:
    """The value of a number in force on a site, and what decided it: a pack's ref, or SITE."""

    name: str
    value: Decimal
    unit: str
    clause: str
    pack: str


def is_stricter(way: str, value: Decimal, than: Decimal) -> bool:
    return value < than if way == LOWER else value > than


@dataclass(frozen=True)
class Rules:
    """The packs that bind on a site, laws first. shelf: every pack installed, by ref, for a release of other packs;
    broken: what was found wrong with packs that can't be used, by ref."""

    packs: tuple[Pack, ...]
    shelf: Mapping[str, Pack] = field(default=EMPTY, compare=False, repr=False)
    broken: Mapping[str, str] = field(default=EMPTY, compare=False, repr=False)
    index: Mapping[str, tuple[tuple[Pack, Number], ...]] = field(default=EMPTY, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not self.index:
            found: dict[str, tuple[tuple[Pack, Number], ...]] = {}
            for pack in sorted(self.packs, key=lambda pack: pack.is_policy):
                for name, number in pack.numbers.items():
                    found[name] = (*found.get(name, ()), (pack, number))
            object.__setattr__(self, "index", found)

    @property
    def refs(self) -> tuple[str, ...]:
        return tuple(pack.ref for pack in self.packs)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(pack.id for pack in self.packs)

    def bound(self, name: str, board: Board, works: Iterable[str] | None = None) -> Bound | None:
        """The strictest value in force; None if no pack of the site binds that work by that number.

        works: the kinds of work in question; without them every pack that has the number binds.
        """
        rows = self.index.get(name, ())
        if works is not None:
            asked = frozenset(works)
            rows = tuple(row for row in rows if not row[1].binds or row[1].binds & asked)
        own = Decimal(board.policies[name]) if name in board.policies else None
        best: Bound | None = None
        for pack, number in rows:
            replaced = pack.is_policy and own is not None
            value, ref = (own, SITE) if replaced and own is not None else (number.value, pack.ref)
            if best is None or is_stricter(number.stricter, value, best.value):
                best = Bound(name, value, number.unit, number.clause, ref)
        if best is not None and own is not None and is_stricter(rows[0][1].stricter, own, best.value):
            best = Bound(name, own, best.unit, best.clause, SITE)
        return best

    def number(self, name: str, board: Board, works: Iterable[str] | None = None) -> Decimal:
        """The value in force on that site; KeyError if no pack of the site has it."""
        found = self.bound(name, board, works)
        if found is None:
            raise KeyError(name)
        return found.value

    def duration(self, name: str, board: Board) -> timedelta:
        """A number whose unit is s, min, h or d, as a timedelta."""
        found = self.duration_or_none(name, board)
        if found is None:
            raise KeyError(name)
        return found

    def duration_or_none(self, name: str, board: Board) -> timedelta | None:
        """None if no pack of the site has that number."""
        found = self.bound(name, board)
        return None if found is None else timedelta(seconds=float(found.value * SECONDS[found.unit]))

    def law(self, name: str) -> tuple[tuple[Pack, Number], ...]:
        """What the site's laws say of a number; empty where they leave it open."""
        return tuple(row for row in self.index.get(name, ()) if not row[0].is_policy)

    def listed(self, name: str) -> tuple[str, ...]:
        """What any pack of the site lists under that name; empty if none does."""
        found = (row for pack in self.packs for row in pack.lists.get(name, ()))
        return tuple(dict.fromkeys(found))

    def gas(self, name: str) -> Gas | None:
        for pack in self.packs:
            if name in pack.gases:
                return pack.gases[name]
        return None


@dataclass(frozen=True)
class Asked(Rules):
    """The same rules while a gate is judged: notes what decided each number the gate asked for."""

    decided: dict[str, str] = field(default_factory=dict, compare=False)

    def bound(self, name: str, board: Board, works: Iterable[str] | None = None) -> Bound | None:
        found = super().bound(name, board, works)
        if found is not None:
            self.decided[name] = found.pack
        return found


def asked(rules: Rules) -> Asked:
    return Asked(rules.packs, rules.shelf, rules.broken, rules.index)


def loosened(name: str, value: Decimal, laws: Iterable[tuple[Pack, Number]]) -> tuple[Pack, Number] | None:
    """The law's number that this value would loosen; equal is not looser."""
    return next((row for row in laws if is_stricter(row[1].stricter, row[1].value, value)), None)


class Misfit(ValueError):
    """Packs that can't bind together: says which file, which key and why, in one line."""


def check_together(packs: Iterable[Pack]) -> None:
    """One version of each, one unit and one strict way for a number of several, and no policy looser than a law."""
    found = tuple(packs)
    ids = [pack.id for pack in found]
    for pack in found:
        if ids.count(pack.id) > 1:
            raise Misfit(f"{pack.ref}.toml: pack.id: {pack.id} is chosen twice")
    first: dict[str, tuple[Pack, Number]] = {}
    for pack in found:
        for name, number in pack.numbers.items():
            other, same = first.setdefault(name, (pack, number))
            for what in ("unit", "stricter"):
                if getattr(same, what) != getattr(number, what):
                    said = f"{getattr(number, what)} here, {getattr(same, what)} in {other.ref}"
                    raise Misfit(f"{pack.ref}.toml: numbers.{name}.{what}: {said}")
    for pack in found:
        for name, number in pack.numbers.items() if pack.is_policy else ():
            laws = [(law, law.numbers[name]) for law in found if not law.is_policy and name in law.numbers]
            row = loosened(name, number.value, laws)
            if row is not None:
                said = f"{number.value} {number.unit} loosens {row[1].value} {row[1].unit} of {row[0].ref}"
                raise Misfit(f"{pack.ref}.toml: numbers.{name}.value: {said} ({row[1].clause})")
