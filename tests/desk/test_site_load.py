"""A site file: what the dry run shows, and that a load sends differences only."""

from __future__ import annotations

import copy
import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.desk import site_file
from services.desk.demo_site import read_cast
from services.desk.exits import NOT_FOUND, USAGE, Fault
from services.desk.site_diff import KnownPeople, differences, vault_facts
from services.documents.photos import without_tags
from tests.demo.pure_site import begun, load, people_of

EXAMPLE = Path(__file__).parents[2] / "deploy" / "sites" / "example.toml"


def edited(file, edit):
    content = copy.deepcopy(dict(file.content))
    edit(content)
    return replace(file, content=content)


def everybody(file):
    return frozenset(row["works_no"] for row in file.people)


def test_the_first_load_sends_everything_and_the_second_nothing():
    file = read_cast()
    stage = begun(file, people_of(file))
    first = load(stage, file, frozenset({"admin"}))
    rows = ("areas", "contractors", "people", "instruments", "recorders", "isolation_points", "service_owners")
    certificates = sum(len(person.get("certificates", ())) for person in file.people)
    administrator, calendar_and_roster, plot_plan = 1, 2, 1
    listed = sum(len(file.content[name]) for name in rows)
    assert len(first) == listed + certificates - administrator + calendar_and_roster + plot_plan
    assert all(line.startswith("+ ") for line in first)
    assert load(stage, file, everybody(file)) == []


@pytest.mark.parametrize(
    "edit, line",
    [
        (lambda c: c["areas"][0].update(bund=True), "~ area drain-valley  bund: False -> True"),
        (lambda c: c["areas"][0].update(decks=["4.50", "9"]), "~ area drain-valley  decks: none -> 4.50, 9"),
        (
            lambda c: c["areas"][0].update(grid={"east_m": "1.0", "north_m": "-2", "radius_m": "40"}),
            "~ area drain-valley  grid: east_m=338, north_m=379, radius_m=40 -> east_m=1.0, north_m=-2, radius_m=40",
        ),
        (lambda c: c["people"][0].update(unit="Crew B"), "~ person wang.jianye  unit: Equipment department -> Crew B"),
        (
            lambda c: c["people"][2]["certificates"][0].update(revoked=True),
            "~ certificate C-0001 of zhang.kun  revoked: False -> True",
        ),
        (
            lambda c: c["people"][2].update(contraindications=["confined_space"]),
            "+ contraindication confined_space of zhang.kun",
        ),
        (lambda c: c["contractors"][0].update(suspended=True), "~ contractor jianan  suspended: False -> True"),
        (lambda c: c["instruments"][0].update(in_service=False), "~ instrument GD-07  in_service: True -> False"),
        (lambda c: c["calendar"].update(night_from="21:00"), "~ calendar  night_from: 22:00 -> 21:00"),
        (lambda c: c["roster"].pop(), "~ duty roster of shift foremen  shifts: 3 -> 2"),
        (lambda c: c["plot_plan"].update(east_m="561"), "~ plot plan  east_m: 560 -> 561"),
        (lambda c: c["policies"].update(fire_watch="90"), "~ policies  fire_watch: 60 -> 90"),
    ],
)  # fmt: skip
def test_a_dry_run_names_each_difference_and_a_load_removes_it(edit, line):
    file = read_cast()
    stage = begun(file, people_of(file))
    load(stage, file)
    changed = edited(file, edit)
    assert load(stage, changed, everybody(file)) == [line]
    assert load(stage, changed, everybody(file)) == []


def test_other_packs_and_policies_of_a_site_that_has_begun_are_proposed_for_a_second_person():
    file = read_cast()
    stage = begun(file, people_of(file))
    load(stage, file)
    packs = ["gb30871-2022", "aq3064-2025", "osha-1910"]
    changed = edited(file, lambda c: c.update(site={**c["site"], "packs": packs}, policies={"fire_watch": "90"}))
    (line,) = load(stage, changed, everybody(file))
    assert line.startswith("~ packs and policies  fire_watch: 60 -> 90; packs: gb30871-2022@1")
    assert load(stage, changed, everybody(file)) == []
    assert stage.board.site.packs == ("gb30871-2022@1", "aq3064-2025@1", "site-policy@1")
    assert stage.board.proposed.policies == {"fire_watch": "90"}


def test_changed_personal_data_is_a_difference_that_shows_no_personal_data():
    file = read_cast()
    stage = begun(file, people_of(file))
    load(stage, file)
    found = differences(file, stage.board, KnownPeople(stage.people, everybody(file) - {"liu.chong"}))
    assert [d.line() for d in found] == ["~ person liu.chong  personal data: on record -> as in the file"]


def test_certificate_numbers_go_to_the_vault_and_not_on_the_log():
    file = read_cast()
    zhang = next(row for row in file.people if row["works_no"] == "zhang.kun")
    assert vault_facts(zhang)["certificate_numbers"] == {"C-0001": "HW-2024-1186"}
    stage = begun(file, people_of(file))
    found = differences(file, stage.board, KnownPeople(stage.people, frozenset()))
    assert not [d for d in found if "HW-2024-1186" in str(d.payload)]


def test_times_of_the_file_are_the_sites_own():
    assert read_cast().utc("2026-10-20T08:00") == "2026-10-20T00:00:00Z"


def test_the_example_to_copy_is_a_right_file_of_a_real_site():
    file = site_file.read(EXAMPLE)
    assert file.site["clock"] == "real"
    assert differences(file, begun(file, people_of(file)).board, KnownPeople(people_of(file), frozenset()))


@pytest.mark.parametrize(
    "old, new, said",
    [
        ('zone = "Asia/Shanghai"', 'zone = "Asia/Nowhere"', "site.zone: there is no time zone Asia/Nowhere"),
        ('code = "HX"', 'code = "hx"', "site.code: 2 to 6 capital letters or digits."),
        ('roles = ["hse"]', 'roles = ["boss"]', "people[14].roles[1]: One of: admin"),
        ('contractor = "jianan"', 'contractor = "other"', "people[2].contractor: other is not among contractors"),
        ('works_no = "li.qiang"', 'works_no = "wang.jianye"', "people[2].works_no: wang.jianye stands there twice"),
        ('start = "2026-10-19T08:00"', 'start = "2026-10-19 08:00"', "roster[1].start: A time of the site"),
        ("[policies]", "[policy]", "policy: Unknown field."),
        ("[site]", "[site", "Expected ']'"),
        ('east_m = "560"', 'east_m = "0"', "plot_plan.east_m: Must be more than west_m."),
        ('west_m = "0"', 'west_m = "0"\nsha256 = "aa"', "plot_plan.sha256: Unknown field."),
        ('image = "plot_plan.png"', 'image = "none.png"', "plot_plan.image: none.png can't be read"),
        ('image = "plot_plan.png"', 'image = "site.toml"', "plot_plan.image: site.toml is no PNG, JPEG or WebP"),
    ],
)
def test_a_wrong_file_is_named_by_place_in_one_line(tmp_path, old, new, said):
    good = (Path(__file__).parents[2] / "deploy" / "demo" / "cast.toml").read_text("utf-8")
    path = tmp_path / "site.toml"
    path.write_text(good.replace(old, new, 1), "utf-8")
    with pytest.raises(Fault) as fault:
        site_file.read(path)
    assert fault.value.code == USAGE
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_another_picture_is_uploaded_and_named_as_the_plant_stores_it(tmp_path):
    """Its tags are gone: the plant keeps none, and would store it under another name."""
    made = io.BytesIO()
    tags = PngInfo()
    tags.add_text("Author", "somebody")
    Image.new("L", (4, 3)).save(made, "PNG", pnginfo=tags)
    (tmp_path / "plot_plan.png").write_bytes(made.getvalue())
    cast = read_cast()
    stage = begun(cast, people_of(cast))
    load(stage, cast)
    (tmp_path / "site.toml").write_bytes(cast.path.read_bytes())
    found = differences(site_file.read(tmp_path / "site.toml"), stage.board, KnownPeople(stage.people, everybody(cast)))
    (one,) = found
    assert (one.type, set(one.changes)) == ("register_plot_plan", {"sha256"})
    assert one.document == without_tags("image/png", made.getvalue()) != made.getvalue()
    assert one.payload["sha256"] == hashlib.sha256(one.document).hexdigest()


def test_a_file_that_is_not_there_is_not_found(tmp_path):
    with pytest.raises(Fault) as fault:
        site_file.read(tmp_path / "none.toml")
    assert fault.value.code == NOT_FOUND
