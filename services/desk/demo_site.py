"""Making the demo's sites and playing work on them, all of it through the HTTP API of whatever gateway is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import as_file, files
from typing import Any

from schemas import words
from services.desk import scenario as scenarios
from services.desk import site_file, site_setup
from services.desk.client import Api
from services.desk.commands_site import until_registered
from services.desk.demo_state import DemoState
from services.desk.exits import broken
from services.desk.http_stage import HttpStage
from services.desk.player import Played, Player
from services.desk.scenario import Names
from services.desk.site_file import SiteFile
from services.gateway.accounts import Accounts
from services.settings import Settings
from services.vault import open_vault

ADMIN = "admin"
SEALED_S = 120.0
LOOK_S = 0.2

Say = Callable[[str], None]


def read_cast() -> SiteFile:
    with as_file(files("deploy.demo").joinpath("cast.toml")) as path:
        return site_file.read(path)


def site_like(cast: SiteFile, site_id: str, number: int, policies: Mapping[str, str] | None = None) -> SiteFile:
    """Another site with the same cast. Its code is its own: permit numbers must tell sites apart.

    policies: beside those of the cast
    """
    if number == 0:
        code, name = cast.site["code"], cast.site["name"]
    else:
        code = f"{cast.site['code']}{number + 1}"
        name = {lang: f"{text} {number + 1}" for lang, text in cast.site["name"].items()}
    site = {**cast.site, "site_id": site_id, "code": code, "name": name}
    own = {**cast.content["policies"], **(policies or {})}
    return replace(cast, content={**cast.content, "site": site, "policies": own})


# ---- setting up ----------------------------------------------------------------------------------------------------


async def begin(settings: Settings, state: DemoState, names: Sequence[str]) -> list[SiteFile]:
    """The first records of every site, for the scenario of that name, and the administrator's account. Nothing needs
    to run for it."""
    cast = read_cast()
    sites = [
        site_like(cast, site_id, number, scenarios.read(name).policies)
        for number, (site_id, name) in enumerate(zip(state.site_ids, names, strict=True))
    ]
    admin = site_setup.administrator(cast)
    accounts = Accounts(settings.accounts_url)
    try:
        for site in sites:
            await site_setup.begin_site(settings, site, admin, state.admin_id)
            site_setup.open_account(accounts, admin["works_no"], state.admin_id, site.site_id, state.password)
    finally:
        accounts.close()
    return sites


async def load_registry(settings: Settings, state: DemoState, site: SiteFile, api: Api) -> None:
    """Everything else of the site, sent by its administrator."""
    await until_registered(settings, site.site_id, {state.admin_id})
    await api.sign_in_once(ADMIN, state.password)
    board = await asyncio.to_thread(_board_of, settings, site.site_id)
    found = await asyncio.to_thread(site_setup.find_differences, settings, site, board)
    await site_setup.send_differences(settings, site, found, api, ADMIN, state.password)


def _board_of(settings: Settings, site_id: str) -> Any:
    from services.desk.commands_look import opened

    with opened(settings) as queries:
        return queries.board_of(site_id)


# ---- playing -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Work:
    """What was played on one site. scenario: name of its file; numbers: permit_no by its name of the ticket."""

    scenario: str
    site_id: str
    played: Played
    numbers: Mapping[str, str]
    jobs: Mapping[str, str]  # the scenario's name of a job -> job_id
    closed: tuple[str, ...]  # names of the jobs that were closed


async def play(settings: Settings, state: DemoState, site: SiteFile, api: Api, name: str, say: Say) -> Work:
    """Play deploy/demo/NAME.toml on a site. Raises Fault at the first step that comes out otherwise than it must."""
    script = scenarios.read(name)
    people = await asyncio.to_thread(_people_of, settings, site)
    names = Names(site.site_id, site.site["zone"], people, script)
    await asyncio.gather(*(api.sign_in_once(works_no, state.password) for works_no in script.people))
    async with HttpStage(api, site.site_id, state.password) as stage:
        played = await Player(script, names, stage, say).play()
    tickets = [ticket for of_job in script.jobs.values() for ticket in of_job]
    numbers = {ticket: played.numbers[names.permit_id(ticket) or ""] for ticket in tickets}
    jobs = {job: names.job_id(job) or "" for job in script.jobs}
    closed = tuple(step.on for step in script.steps if step.does == "close_job" and not step.refused)
    return Work(name, site.site_id, played, numbers, jobs, closed)


def _people_of(settings: Settings, site: SiteFile) -> Mapping[str, str]:
    vault = open_vault(settings.vault_url)
    try:
        return site_setup.know_people(vault, site).ids
    finally:
        vault.close()


# ---- what came out -------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Paper:
    """A sealed PDF that was fetched from the gateway: kind permit or closure."""

    permit_no: str
    kind: str
    sha256: str
    content: bytes = field(repr=False)


async def sealed_papers(work: Work, api: Api) -> list[Paper]:
    """Wait for the sealer, then fetch every sealed PDF of the site's jobs as a person would: through the gateway."""
    until = asyncio.get_running_loop().time() + SEALED_S
    for name, job_id in work.jobs.items():
        while not _all_sealed(view := await api.get(f"/api/jobs/{job_id}", api.anyone), name in work.closed):
            if asyncio.get_running_loop().time() > until:
                raise broken(f"job {view['row']['job_no']}: its PDFs were not sealed after {SEALED_S:g} s")
            await asyncio.sleep(LOOK_S)
    papers = []
    for job_id in work.jobs.values():
        view = await api.get(f"/api/jobs/{job_id}", api.anyone)
        papers += await _fetch(view, api)
    return papers


def _all_sealed(view: Mapping[str, Any], closed: bool) -> bool:
    """A permit for every ticket that was issued, a closure record for a closed job."""
    issued = {permit["permit_id"] for permit in view["permits"] if permit["issue"]}
    sealed = _sealed(view)
    permits = {seal["permit_id"] for seal in sealed if seal["kind"] == "permit"}
    return issued <= permits and (not closed or any(seal["kind"] == "closure" for seal in sealed))


def _sealed(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The sealed PDFs among a job's documents, the newest of each kind and ticket."""
    newest = {}
    for document in view["documents"]:
        if document["kind"] in words.SEAL_KINDS and document["accepted"]:
            newest[document["kind"], document["permit_id"]] = document
    return list(newest.values())


async def _fetch(view: Mapping[str, Any], api: Api) -> list[Paper]:
    papers = []
    numbers = {row["permit_id"]: row["permit_no"] for row in view["permit_rows"]}
    for seal in _sealed(view):
        of_ticket = numbers.get(seal["permit_id"] or "")
        content = await api.get_bytes(f"/api/documents/{seal['sha256']}", api.anyone)
        papers.append(Paper(of_ticket or view["row"]["job_no"], seal["kind"], seal["sha256"], content))
    return papers
