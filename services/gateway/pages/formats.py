"""Times and numbers as the pages write them: 24 h clock, plant time, a unit never parted from its number.

`NB` is a no-break space: it stands between a number and its unit and inside dates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_UP, Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from services.gateway.texts import Texts
from services.seven_steps import site_time
from services.seven_steps.board_ticket import Permit

#: A converted value may have many decimals; it is rounded up, so that no value over its limit looks like one within it.
DECIMALS_SHOWN = 4
NB = "\N{NO-BREAK SPACE}"
#: What never breaks inside a text: the number of a job or permit, a day, a tag ("GD-07"), a number and its unit.
_WHOLE = re.compile(
    r"(\b[A-Z][A-Z0-9]*(?:-[A-Z]{1,3})?-\d{8}-\d{3,}\b|\b\d{4}-\d\d-\d\d\b|\b[A-Z]{1,3}-\d{1,4}[A-Z]?\b"
    r"|(?<![\w.,])[\d.,]*\d (?:m|cm|mm|km|m/s|m³|mg/m³|min|h|d|s|V|kV|kPa|MPa|kg|t|MB|ppm|%\w+)(?![\w/³])"
    r"|(?<![\w.,])[\d.,:]*\d (?:小时|分钟|秒|天|年|个月|次/分钟))"
)
_KEPT = Markup('<span class="nb">{}</span>')


def unbroken(text: str) -> Markup:
    """The text, escaped, with what must not break kept on one line."""
    parts = (_KEPT.format(part) if n % 2 else escape(part) for n, part in enumerate(_WHOLE.split(text)))
    return Markup("").join(parts)


def in_halves(number: str) -> Markup:
    """The number of a job or permit where it may not fit on a line: it breaks once, before its date."""
    kind = number.rpartition("-")[0].rpartition("-")[0]
    head = f"{kind}-" if kind else ""
    halves = [half for half in (head, number.removeprefix(head)) if half]
    return Markup("<wbr>").join(_KEPT.format(half) for half in halves)


class Formats:
    """Formats of one page: in its language, in the site's zone."""

    def __init__(self, said: Texts, zone: ZoneInfo) -> None:
        self.said, self.zone = said, zone

    def moment(self, value: datetime | str | None) -> datetime | None:
        """A time of the board, or of JSON, in the site's zone."""
        if not value:
            return None
        return (site_time.parse(value) if isinstance(value, str) else value).astimezone(self.zone)

    def clock(self, value: datetime | str | None) -> str:
        here = self.moment(value)
        return here.strftime("%H:%M") if here else "–"

    def seconds(self, value: datetime | str | None) -> str:
        here = self.moment(value)
        return here.strftime("%H:%M:%S") if here else "–"

    def day(self, value: datetime | str | None) -> str:
        """19 Nov, 11月19日; also for a calendar day `2026-11-19`."""
        if isinstance(value, str) and len(value) == len("2026-11-19"):
            month, day = (int(part) for part in value.split("-")[1:])
        else:
            here = self.moment(value)
            if here is None:
                return "–"
            month, day = here.month, here.day
        return self.said.t("date.day", day=day, month=self.said.t(f"month.{month}"), month_no=month).replace(" ", NB)

    def day_clock(self, value: datetime | str | None) -> str:
        here = self.moment(value)
        return f"{self.day(value)} {here.strftime('%H:%M')}".replace(" ", NB) if here else "–"

    def stamp(self, value: datetime | str | None) -> str:
        """A time in records: 2026-11-19 09:42:18."""
        here = self.moment(value)
        return here.strftime("%Y-%m-%d %H:%M:%S").replace(" ", NB) if here else "–"

    def iso(self, value: datetime | str | None) -> str:
        """UTC, for <time datetime> and for the countdowns."""
        here = self.moment(value)
        return site_time.stamp(here) if here else ""

    def field(self, value: datetime | str | None) -> str:
        """The value of a date and time field, in the site's zone."""
        here = self.moment(value)
        return here.strftime("%Y-%m-%dT%H:%M") if here else ""

    def span(self, start: datetime | str | None, end: datetime | str | None) -> Markup:
        """10:00 – 16:30; the days too where they differ. A line breaks only between the two."""
        first, last = self.moment(start), self.moment(end)
        if first is None or last is None:
            return Markup("–")
        until = last.strftime("%H:%M") if first.date() == last.date() else self.day_clock(end)
        whole = Markup('<span class="nb">{}</span>')
        before, _, rest = self.said.t("date.span").partition("{start}")
        between, _, after = rest.partition("{end}")
        parts = (before, whole.format(self.day_clock(start)), between, whole.format(until), after)
        return Markup("").join(parts)

    def lasting(self, span: timedelta) -> str:
        """38 min, 6 h 48 min, 2 days 3 h."""
        minutes = int(abs(span.total_seconds()) // 60)
        days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
        parts = [(days, "d"), (hours, "h"), (0 if days else rest, "min")]
        shown = [self.said.t(f"unit_time.{unit}", n=n) for n, unit in parts if n]
        return " ".join(shown or [self.said.t("unit_time.min", n=0)]).replace(" ", NB)

    def number(self, value: Decimal | str | int, unit: str = "") -> str:
        word = self.said.word("unit", unit) if unit else ""
        if isinstance(value, Decimal) and value.normalize().as_tuple().exponent < -DECIMALS_SHOWN:  # type: ignore[operator]
            value = value.quantize(Decimal(1).scaleb(-DECIMALS_SHOWN), ROUND_UP)
        return f"{value}{NB}{word}" if word else str(value)

    def facts(
        self, facts: Mapping[str, object], name: Callable[[str], str], linked: Iterable[Permit] = ()
    ) -> list[tuple[str, str]]:
        """What a ticket states about itself, in words: `name` says who an id is, a linked ticket by its number."""
        numbers = {permit.permit_id: permit.permit_no for permit in linked}
        rows = []
        for key, value in facts.items():
            unit = UNITS.get(key, "")
            if isinstance(value, bool):
                shown = self.said.word("words", str(value).lower())
            elif isinstance(value, (list, tuple)):
                words = [self.said.word(GROUPS.get(key, key), one) for one in value]
                shown = self.said.t("list.comma").join(words) or self.said.t("words.none")
            elif key in PEOPLE:
                shown = name(str(value))
            else:
                shown = self._fact(key, str(value), numbers)
            rows.append((self.said.word("fact", key), self.number(shown, unit)))
        return rows

    def _fact(self, key: str, value: str, numbers: Mapping[str, str]) -> str:
        """A word of its group, a gas, the number of a linked ticket; else as it was written."""
        if key in GROUPS:
            return self.said.word(GROUPS[key], value)
        return self.said.word("gas", value) if self.said.has(f"gas.{value}") else numbers.get(value, value)


#: Units of facts, catalogue groups of those that are words, and those that name a person.
UNITS: Mapping[str, str] = {
    "volume_m3": "m3", "depth_m": "m", "lighting_volts": "V", "nearest_service_m": "m", "spoil_distance_m": "m",
    "spoil_height_m": "m", "lamp_height_m": "m", "lamp_visible_m": "m", "barrier_m": "m", "voltage_kv": "kV",
    "temperature_c": "°C", "pressure_mpa": "MPa", "voltage_v": "V", "load_kw": "kW",
}  # fmt: skip
GROUPS: Mapping[str, str] = {"buried_services": "service", "source": "source", "action": "action"}
PEOPLE = frozenset({"second_supervisor", "person_in_charge"})


def utc_now() -> datetime:
    return datetime.now(UTC)
