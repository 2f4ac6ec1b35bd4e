"""A command's form, described once: its fields come from the schema of the wire, its words from the catalogue.

A `Control` is one field as the page draws it and as the script collects it. What a schema can't say (that `work_lead`
is a person with that role, that `points` are those of the plan) is said here by the field's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from marshmallow import Schema, fields, validate

from schemas import fields as wire
from schemas.open_fields import ByShape

Choice = tuple[str, str]
#: Choices up to this many stand side by side as answers; more are a list to choose from.
SIDE_BY_SIDE_MAX = 4

#: A field by what it names. Kinds ending in `s` take several.
BY_NAME: Mapping[str, str] = {
    "area_id": "area", "person_id": "person", "work_lead": "person", "owner": "person", "tester": "person",
    "second_supervisor": "person", "person_in_charge": "person", "owners": "persons",
    "on_behalf_of": "person",
    "participants": "persons", "remove": "persons", "instrument_id": "instrument", "point_id": "point",
    "contractor_id": "contractor", "alarm_id": "alarm", "permits": "permits", "related": "permits",
    "supersedes": "permit", "permit_id": "permit", "hazard": "hazard", "trade": "trade", "trades": "trades",
    "gas": "gas", "gases": "gases", "calibration_gas": "gas", "point": "gas_point", "points": "gas_points",
    "energy": "energy", "work": "work", "sha256": "document", "photo_sha256": "document",
    "late_command_id": "late_arrival", "copied_from": "job", "new_permit_id": "new_id", "lesson_id": "lesson",
    "areas": "areas", "audit_id": "audit", "finding_id": "finding", "job_id": "sampled_job",
    "for_ticket": "permit",
}  # fmt: skip
#: The same names where they mean something else.
BY_COMMAND: Mapping[tuple[str, str], str] = {
    ("register_area", "area_id"): "line", ("register_person", "person_id"): "line",
    ("register_instrument", "instrument_id"): "line", ("register_isolation_point", "point_id"): "line",
    ("register_recorder", "recorder_id"): "line",
    ("register_contractor", "contractor_id"): "line", ("link_tickets", "to"): "permit",
    ("offer_guardian_handover", "to"): "guardian", ("delegate", "to"): "person",
    ("record_action", "action_id"): "new_id",
    ("close_action", "action_id"): "action", ("confirm_measures", "lines"): "measures",
    ("acknowledge_briefing", "version"): "fixed", ("acknowledge_briefing", "content_sha256"): "fixed",
    ("acknowledge_briefing", "lang"): "fixed", ("acknowledge_briefing", "score"): "skip",
    ("acknowledge_briefing", "answers"): "skip",
    ("add_ticket", "supersedes"): "permit", ("create_job", "copied_from"): "fixed",
    ("record_plan", "gas"): "gas_plans", ("record_gas_test", "sample_age_s"): "int",
    ("give_briefing", "contents"): "contents", ("sign_node", "node"): "node",
    ("coordinate", "other"): "neighbour", ("sign_coordination", "other"): "neighbour",
}  # fmt: skip
#: Units that stand beside a number.
UNITS: Mapping[str, str] = {
    "flush_water_m": "m", "volume_m3": "m3", "depth_m": "m", "lighting_volts": "V", "volts": "V", "mean_m_s": "m/s",
    "nearest_service_m": "m", "spoil_distance_m": "m", "spoil_height_m": "m", "lamp_height_m": "m",
    "lamp_visible_m": "m", "barrier_m": "m", "voltage_kv": "kV",
    "gust_m_s": "m/s", "height_m": "m", "live_part_kv": "kV", "live_part_m": "m", "mass_t": "t", "lift_t": "t",
    "highest_load_percent": "%", "radius_m": "m", "sample_age_s": "s", "lel": "%vol",
    "east_m": "m", "north_m": "m", "west_m": "m", "south_m": "m", "elevation_m": "m", "error_m": "m",
    "temperature_c": "°C", "pressure_mpa": "MPa", "voltage_v": "V", "load_kw": "kW",
}  # fmt: skip
#: Catalogue group of a closed vocabulary, by field name.
WORDS_OF: Mapping[str, str] = {
    "type": "kind", "level": "level", "method": "method", "answer": "answer", "kind": "equipment", "cause": "cause",
    "place": "place", "node": "node", "role": "crew_role", "as": "role", "unit": "unit", "topic": "topic",
    "roles": "role", "clock": "clock", "changed": "ticket_change", "types": "kind",
    "of": "audited", "severity": "severity", "what": "purged", "activities": "activity", "agreed": "value",
    "services": "service", "buried_services": "service",
    "right": "role", "mode": "entry_mode", "right_answer": "read_back",
    "factors": "fact", "situations": "fact", "weather": "weather", "to_step": "step",
}  # fmt: skip
WORDS_OF_COMMAND: Mapping[tuple[str, str], str] = {
    ("record_plan", "kind"): "document", ("record_risk_assessment", "method"): "assessment_method",
    ("record_risk_assessment", "level"): "control_level",
}  # fmt: skip


#: What stands as a code on a thing at the place (a lock, its tag, the point that it hangs on), and what asks for it.
SCANNED = frozenset({"lock_no", "tag_no", "point_id"})
AT_THE_POINT = frozenset(
    {"apply_isolation", "verify_isolation", "remove_isolation"}
    | {"add_personal_lock", "remove_personal_lock", "remove_absent_owners_lock"}
)


@dataclass(frozen=True)
class Control:
    """One field.

    kind:   how it is drawn and collected (macros of form_fields.html, form.js)
    label, help: catalogue keys; help may be absent
    shown_if: "name=value|value" of a field at the top of the form
    scan:   a code by the camera may fill it in
    groups: choices under a heading each, where there are so many that one looks for the right ones
    """

    name: str
    kind: str
    label: str
    required: bool = True
    help: str = ""
    unit: str = ""
    choices: tuple[Choice, ...] = ()
    children: tuple[Control, ...] = ()
    items: tuple[tuple[Control, ...], ...] = ()
    keys: tuple[Choice, ...] = ()
    value: Any = None
    low: int = 0
    shown_if: str = ""
    options_lang: str = ""
    scan: bool = False
    groups: tuple[tuple[str, tuple[Choice, ...]], ...] = ()

    @property
    def ungrouped(self) -> tuple[Choice, ...]:
        """The choices that stand in none of the groups."""
        grouped = {value for _, choices in self.groups for value, _ in choices}
        return tuple(choice for choice in self.choices if choice[0] not in grouped)


#: Choices that depend on the board: (kind, field name) -> choices; of "point_groups" the areas with theirs.
Options = Callable[[str, str], Sequence[Any]]


class Builder:
    """Builds the controls of one command."""

    def __init__(
        self, command: str, options: Options, has_text: Callable[[str], bool], word: Callable[[str, object], str]
    ) -> None:
        self.command, self.options, self.has_text, self.word = command, options, has_text, word

    def controls(self, schema: type[Schema], values: Mapping[str, Any]) -> tuple[Control, ...]:
        found = []
        for attribute, field in schema().fields.items():
            name = field.data_key or attribute
            control = self.control(name, field, values.get(name))
            if control is not None:
                found.append(control)
        first = ASKED_FIRST.get(self.command, ())
        found.sort(key=lambda one: first.index(one.name) if one.name in first else len(first))
        return tuple(found)

    def control(self, name: str, field: fields.Field[Any], value: Any) -> Control | None:
        kind = BY_COMMAND.get((self.command, name)) or self._named(name, field) or self._kind(field)
        if kind == "skip" or (kind == "fixed" and value is None and not field.required):
            return None
        label = f"command.{self.command}.field.{name}"
        helps = [f"command.{self.command}.help.{name}", f"help.{name}"]
        if not field.required:
            helps.append(f"help_optional.{name}")
        base = Control(
            name,
            kind,
            label if self.has_text(label) else f"field.{name}",
            bool(field.required),
            next((one for one in helps if self.has_text(one)), ""),
            self.word("unit", UNITS[name]) if name in UNITS else "",
            value=value,
            scan=name in SCANNED and self.command in AT_THE_POINT,
        )
        return self._filled(base, field)

    def _named(self, name: str, field: fields.Field[Any]) -> str:
        """What the name says, where the schema only says string, list of strings or UUID."""
        plain = isinstance(field, wire._Text) or (isinstance(field, wire.Many) and isinstance(field.inner, wire._Text))
        return BY_NAME.get(name, "") if plain else ""

    def _kind(self, field: fields.Field[Any]) -> str:
        kinds: tuple[tuple[Any, str], ...] = (
            (wire.Instant, "instant"), (wire.Day, "day"), (wire.ClockTime, "time"), (wire.Dec, "dec"),
            (wire.Flag, "flag"), (wire.OneOfInt, "choice_int"), (wire.Int, "int"),
            (wire.OneOf, "choice"), (wire.Paragraph, "paragraph"),
            (wire.MapOf, "map"), (ByShape, "shapes"), (wire._Text, "line"),
        )  # fmt: skip
        for class_, kind in kinds:
            if isinstance(field, class_):
                return kind
        if isinstance(field, wire.Part):
            shape = field.nested
            return "text" if shape in (wire.Text, wire.LongText) else "names" if shape is wire.Names else "object"
        if isinstance(field, wire.Many):
            inner = field.inner
            return (
                "rows"
                if isinstance(inner, wire.Part)
                else "many"
                if isinstance(inner, (wire.OneOf, wire.Int))
                else "lines"
            )
        raise TypeError(f"{self.command}: no control for {type(field).__name__}")

    def _filled(self, base: Control, field: fields.Field[Any]) -> Control:
        kind = base.kind
        if kind in ("choice", "choice_int"):
            return replace(base, choices=self._closed(base.name, field))
        if kind == "many":
            inner = field.inner  # type: ignore[attr-defined]
            return replace(base, choices=self._closed(base.name, inner))
        if kind == "rows":
            return self._rows(base, field)
        if kind == "object":
            return replace(base, children=self.controls(field.nested, base.value or {}))  # type: ignore[attr-defined]
        if kind == "shapes":
            return self._shapes(base, field)  # type: ignore[arg-type]
        if kind == "map":
            return self._map(base, field)
        if kind in ("gas_plans", "contents"):
            return self._keyed(base, field)
        if kind == "point":
            base = replace(base, groups=tuple(self.options("point_groups", base.name)))
        if kind not in PLAIN_KINDS:
            return replace(base, choices=self._kept(base, tuple(self.options(kind, base.name))))
        return base

    def _kept(self, base: Control, choices: tuple[Choice, ...]) -> tuple[Choice, ...]:
        """The choices, and what is recorded already though it is none of them: recording again must not lose it."""
        if isinstance(base.value, Mapping):
            return choices
        recorded = base.value if isinstance(base.value, (list, tuple)) else [base.value] if base.value else []
        known = {value for value, _ in choices}
        group = GROUP_OF_KIND.get(base.kind, "role")
        return choices + tuple((str(one), self.word(group, one)) for one in recorded if str(one) not in known)

    def _closed(self, name: str, field: fields.Field[Any]) -> tuple[Choice, ...]:
        values = [one.choices for one in field.validators if isinstance(one, validate.OneOf)]
        if not values:
            return tuple((str(n), self.word("weekday", n)) for n in range(1, 8))
        group = WORDS_OF_COMMAND.get((self.command, name)) or WORDS_OF.get(name, name)
        return tuple((str(one), self.word(group, one)) for one in values[0])

    def _low(self, field: fields.Field[Any]) -> int:
        lengths = [one.min for one in field.validators if isinstance(one, validate.Length)]
        return lengths[0] or 0 if lengths else 0

    def _rows(self, base: Control, field: fields.Field[Any]) -> Control:
        shape = field.inner.nested  # type: ignore[attr-defined]
        given = base.value or []
        blank: list[Mapping[str, Any]] = (
            [{}] if not given and (self._low(field) or base.name in OPEN_WITH_A_ROW) else []
        )
        items = tuple(self.controls(shape, one) for one in [*given, *blank])
        return replace(base, children=self.controls(shape, {}), items=items, low=self._low(field))

    def _shapes(self, base: Control, field: ByShape) -> Control:
        """The fields of all shapes, each shown by what another field of the form says; a field of several, once."""
        found: dict[tuple[str, str], Control] = {}
        for shape in field.shapes:
            condition = SHAPE_SHOWN_IF.get(shape.__name__, "")
            for child in self.controls(shape, base.value or {}):
                before = found.get((child.name, child.kind))
                if before is None:
                    found[child.name, child.kind] = replace(child, shown_if=condition)
                else:
                    shown = f"{before.shown_if}|{condition.partition('=')[2]}"
                    found[child.name, child.kind] = replace(
                        before, shown_if=shown, required=before.required or child.required
                    )
        return replace(base, kind="object", children=tuple(found.values()))

    def _map(self, base: Control, field: fields.Field[Any]) -> Control:
        key = replace(self.control("key", field.key_field, None) or base, label=f"field.{base.name}_row.key")  # type: ignore[attr-defined]
        if base.name == "correction_factors":
            key = replace(key, kind="gas", choices=tuple(self.options("gas", "key")))
        value = replace(self.control("value", field.value_field, None) or base, label=f"field.{base.name}_row.value")  # type: ignore[attr-defined]
        items = tuple((replace(key, value=k), replace(value, value=v)) for k, v in (base.value or {}).items())
        return replace(base, children=(key, value), items=items)

    def _keyed(self, base: Control, field: fields.Field[Any]) -> Control:
        """One group for each key that is known beforehand: a ticket, a language."""
        inner = field.value_field  # type: ignore[attr-defined]
        given = base.value or {}
        keys = tuple(self.options(base.kind, base.name))
        if base.kind == "gas_plans":
            items = tuple(self.controls(inner.nested, given.get(key, {})) for key, _ in keys)
        else:
            items = tuple((self._topics(key, inner, given.get(key)),) for key, _ in keys)
        return replace(base, keys=keys, items=items)

    def _topics(self, lang: str, field: fields.Field[Any], value: Any) -> Control:
        shape = field.inner.nested  # type: ignore[attr-defined]
        rows = value or [{"topic": topic} for topic in ("hazards", "measures", "emergency", "stop_work")]
        items = tuple(self.controls(shape, row) for row in rows)
        return Control(
            "", "rows", "field.topics", False, children=self.controls(shape, {}), items=items, options_lang=lang
        )


PLAIN_KINDS = frozenset(
    {
        "line",
        "paragraph",
        "text",
        "names",
        "flag",
        "int",
        "dec",
        "day",
        "instant",
        "time",
        "lines",
        "fixed",
        "new_id",
        "document",
    }
)
#: Words of values that are none of the choices.
GROUP_OF_KIND: Mapping[str, str] = {
    "gas": "gas", "gases": "gas", "gas_point": "point", "gas_points": "point", "trade": "trade", "trades": "trade",
    "hazard": "hazard", "energy": "energy",
}  # fmt: skip
#: What is asked first, where the schema inherits its fields; the others follow in the schema's order.
ASKED_FIRST: Mapping[str, tuple[str, ...]] = {
    "add_ticket": ("type", "place", "planned_from", "planned_to", "facts", "activities", "related"),
    "replace_ticket": ("changed", "reason", "place", "planned_from", "planned_to", "facts", "activities"),
    "amend_ticket": ("place", "planned_from", "planned_to", "facts", "activities", "related"),
}
#: Lists that open with one empty row although they may be empty.
OPEN_WITH_A_ROW = frozenset({"crew", "controls"})
#: When the fields of a shape are shown: by the type of ticket, by the method of assessment.
SHAPE_SHOWN_IF: Mapping[str, str] = {
    "HotWorkFacts": "type=hot_work",
    "ConfinedSpaceFacts": "type=confined_space",
    "HeightFacts": "type=height",
    "LiftingFacts": "type=lifting",
    "EarthworkFacts": "type=earthwork",
    "RoadBreakFacts": "type=road_break",
    "LineBreakingFacts": "type=line_breaking",
    "RadiographyFacts": "type=radiography",
    "HvElectricalFacts": "type=hv_electrical",
    "BlindPlateFacts": "type=blind_plate",
    "TemporaryPowerFacts": "type=temporary_power",
    "GeneralFacts": "type=general",
    "Score5x5": "method=jsa|5x5",
    "ScoreLec": "method=lec",
}
