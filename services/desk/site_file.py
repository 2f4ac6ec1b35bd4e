"""The site file: areas, people, certificates and the rest of a site's registry, as one TOML file.

Times in it are the site's own (`2026-10-20T08:00`, no offset); people are named by their works number, with which
they also sign in and which stays the same for ever. The random `person_id` that the log uses is never in the file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from schemas import fields as wire
from schemas import limits, words
from schemas.commands import registry
from services.desk.exits import Fault, not_found, usage
from services.documents import BrokenImage, kinds, photos
from services.seven_steps.site_time import stamp

ROWS_MAX = 5_000  # of one kind in one file
LOCAL_TIME = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$"


class _Strict(Schema):
    class Meta:
        unknown = RAISE


class _LocalTime(fields.String):
    def __init__(self, *, optional: bool = False) -> None:
        said = "A time of the site as 2026-10-20T08:00."
        super().__init__(required=not optional, validate=validate.Regexp(LOCAL_TIME, error=said))


def _many(schema: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), load_default=list, validate=validate.Length(max=ROWS_MAX))


class _Site(_Strict):
    site_id = wire.Ident()
    code = wire.SiteCode()
    name = wire.names()
    zone = wire.Line()
    clock = wire.OneOf(words.CLOCKS)
    starts_at = _LocalTime(optional=True)
    packs = fields.List(wire.PackName(), required=True, validate=validate.Length(min=1, max=10))
    emergency_number = wire.Word()
    muster_point = wire.names()


class _PlotPlan(registry.RegisterPlotPlan):
    """As in the command, but for the picture: a file beside the site file."""

    image = wire.Line()

    class Meta:
        unknown = RAISE
        exclude = ("sha256",)


class _Position(_Strict):
    lat = wire.Dec("-90", "90")
    lon = wire.Dec("-180", "180")
    radius_m = wire.Dec("1", "5000")


class _FixedHotWork(_Strict):
    conditions_confirmed = wire.Flag()
    reviewed_on = wire.Day()


class _GridCircle(_Strict):
    east_m = wire.grid_m()
    north_m = wire.grid_m()
    radius_m = wire.Dec("0", "10000")


class _Area(_Strict):
    area_id = wire.Ident()
    name = wire.names()
    fire_explosion = wire.Flag()
    bund = wire.Flag()
    enriched_oxygen = wire.Flag()
    position = wire.Part(_Position, optional=True)
    fixed_hot_work = wire.Part(_FixedHotWork, optional=True)
    grid = wire.Part(_GridCircle, optional=True)
    decks = wire.Many(wire.elevation_m(), limits.DECKS_MAX, unique=True, optional=True)


class _Contractor(_Strict):
    contractor_id = wire.Ident()
    name = wire.names()
    suspended = wire.Flag()


class _Certificate(_Strict):
    certificate_id = wire.Ident()  # goes on the log, so it says nothing of the person; `number` goes to the vault
    number = wire.Word(optional=True)
    trade = wire.Word()
    valid_from = wire.Day()
    valid_to = wire.Day()
    revoked = fields.Boolean(load_default=False)


class _Person(_Strict):
    works_no = wire.Ident()
    name = wire.names()
    phone = wire.Word(optional=True)
    email = wire.Word(optional=True)
    extension = wire.Word(optional=True)
    id_number = wire.Word(optional=True)
    unit = wire.Line()
    contractor = wire.Ident(optional=True)
    roles = fields.List(wire.OneOf(words.ROLES), required=True, validate=validate.Length(min=1))
    trades = fields.List(wire.Word(), load_default=list)
    certificates = _many(_Certificate)
    contraindications = fields.List(wire.Word(), load_default=list)


class _Instrument(_Strict):
    instrument_id = wire.Ident()
    model = wire.Line()
    gases = fields.List(wire.Word(), required=True, validate=validate.Length(min=1))
    calibration_gas = wire.Word(optional=True)
    correction_factors = fields.Dict(keys=wire.Word(), values=wire.Dec("0.01", "100"))
    calibration_due = wire.Day()
    in_service = wire.Flag()


class _Recorder(_Strict):
    recorder_id = wire.Ident()
    model = wire.Line()
    ex_proof = wire.Flag()
    in_service = wire.Flag()


class _IsolationPoint(_Strict):
    point_id = wire.Ident()
    tag = wire.Line()
    area_id = wire.Ident()
    energy = wire.Word()
    description = wire.Line()


class _ServiceOwner(_Strict):
    service = wire.OneOf(words.SERVICES)
    owners = fields.List(wire.Ident(), required=True, validate=validate.Length(min=1))  # works numbers


class _Period(_Strict):
    name = wire.Line()
    start = wire.Day()
    end = wire.Day()


class _Calendar(_Strict):
    holidays = fields.List(wire.Day(), load_default=list)
    workdays = fields.List(wire.Day(), load_default=list)
    rest_days = fields.List(fields.Integer(strict=True, validate=validate.Range(1, 7)), load_default=lambda: [6, 7])
    special_periods = _many(_Period)
    night_from = wire.ClockTime()
    night_to = wire.ClockTime()


class _Shift(_Strict):
    area_id = wire.Ident()
    works_no = wire.Ident()
    start = _LocalTime()
    end = _LocalTime()


class _File(_Strict):
    site = fields.Nested(_Site, required=True)
    plot_plan = fields.Nested(_PlotPlan)
    areas = _many(_Area)
    contractors = _many(_Contractor)
    people = _many(_Person)
    instruments = _many(_Instrument)
    recorders = _many(_Recorder)
    isolation_points = _many(_IsolationPoint)
    service_owners = _many(_ServiceOwner)
    calendar = fields.Nested(_Calendar)
    roster = _many(_Shift)
    policies = fields.Dict(keys=wire.Code(), values=wire.Word(), load_default=dict)


@dataclass(frozen=True, slots=True)
class SiteFile:
    """A file that was read and makes sense in itself. Values are as in the file, times made UTC by `utc`.

    plot_plan: the picture of [plot_plan], without its tags: as the plant stores it
    """

    path: Path
    content: dict[str, Any]
    plot_plan: bytes = b""

    @property
    def site(self) -> Mapping[str, Any]:
        return self.content["site"]

    @property
    def site_id(self) -> str:
        return self.site["site_id"]

    @property
    def people(self) -> list[Mapping[str, Any]]:
        return self.content["people"]

    def rows(self, kind: str) -> list[Mapping[str, Any]]:
        return self.content[kind]

    def utc(self, local: str) -> str:
        """A time of the site as the log writes it."""
        return stamp(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(self.site["zone"])))


def read(path: Path) -> SiteFile:
    """Read and check a site file; raises Fault (3 not found, 2 otherwise) with one line that names the place."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise not_found(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise usage(f"{path}: {problem}") from problem
    try:
        content = _as_on_the_wire(_File().load(tomllib.loads(text)))
    except tomllib.TOMLDecodeError as problem:
        raise usage(f"{path}: {problem}") from problem
    except ValidationError as problem:
        raise _malformed(path, problem) from problem
    found = SiteFile(path, content)
    _check_references(found)
    return replace(found, plot_plan=_picture(found)) if "plot_plan" in content else found


def _picture(file: SiteFile) -> bytes:
    image = file.content["plot_plan"]["image"]
    where = f"{file.path}: plot_plan.image"
    try:
        found = (file.path.parent / image).read_bytes()
    except OSError:
        raise usage(f"{where}: {image} can't be read; it stands beside the site file") from None
    type_ = kinds.by_signature(found[: kinds.HEAD_BYTES])
    if type_ not in kinds.PICTURES:
        raise usage(f"{where}: {image} is no PNG, JPEG or WebP")
    if len(found) > limits.DOCUMENT_BYTES_MAX:
        raise usage(f"{where}: {image} has more than {limits.DOCUMENT_BYTES_MAX} bytes")
    try:
        return photos.without_tags(type_, found)
    except BrokenImage as problem:
        raise usage(f"{where}: {image}: {problem}") from problem


def _as_on_the_wire(value: Any) -> Any:
    """marshmallow hands back attribute names; a language's key on the wire is no Python name."""
    if isinstance(value, dict):
        return {"zh-CN" if key == "zh_CN" else key: _as_on_the_wire(inner) for key, inner in value.items()}
    return [_as_on_the_wire(inner) for inner in value] if isinstance(value, list) else value


def _malformed(path: Path, problem: ValidationError) -> Fault:
    places = [f"{where}: {said}" for where, said in _places(problem.normalized_messages(), "")]
    more = f" (and {len(places) - 1} more)" if len(places) > 1 else ""
    return usage(f"{path}: {places[0]}{more}")


def _places(messages: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for key, inner in messages.items():
            step = f"[{key + 1}]" if isinstance(key, int) else f".{key}" if where else str(key)
            yield from _places(inner, where + step)
    else:
        yield where, " ".join(str(said) for said in messages)


def _check_references(file: SiteFile) -> None:
    try:
        ZoneInfo(file.site["zone"])
    except (KeyError, ValueError):
        raise usage(f"{file.path}: site.zone: there is no time zone {file.site['zone']}") from None
    known = {
        "areas": _unique(file, "areas", "area_id"),
        "people": _unique(file, "people", "works_no"),
        "contractors": _unique(file, "contractors", "contractor_id"),
    }
    _unique(file, "instruments", "instrument_id")
    _unique(file, "recorders", "recorder_id")
    _unique(file, "isolation_points", "point_id")
    _unique(file, "service_owners", "service")
    for kind, key, target in (
        ("people", "contractor", "contractors"),
        ("isolation_points", "area_id", "areas"),
        ("roster", "area_id", "areas"),
        ("roster", "works_no", "people"),
    ):
        for number, row in enumerate(file.rows(kind), 1):
            if row.get(key) is not None and row[key] not in known[target]:
                raise usage(f"{file.path}: {kind}[{number}].{key}: {row[key]} is not among {target}")
    for number, row in enumerate(file.rows("service_owners"), 1):
        for works_no in row["owners"]:
            if works_no not in known["people"]:
                raise usage(f"{file.path}: service_owners[{number}].owners: {works_no} is not among people")


def _unique(file: SiteFile, kind: str, key: str) -> set[str]:
    seen: set[str] = set()
    for number, row in enumerate(file.rows(kind), 1):
        if row[key] in seen:
            raise usage(f"{file.path}: {kind}[{number}].{key}: {row[key]} stands there twice")
        seen.add(row[key])
    return seen
