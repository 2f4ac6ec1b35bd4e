"""Commands that set up a site: init, site load."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.desk import engine, exits, site_file, site_setup, speak
from services.desk.children import Children
from services.desk.client import Api
from services.desk.commands_engine import engine_flags
from services.desk.commands_look import opened
from services.desk.exits import broken, usage
from services.settings import Settings, write_config

PASSWORD_VARIABLE = "SEVENGATES_PASSWORD"  # noqa: S105 (the name of a variable)
REGISTERED_S = 60.0


# ---- init ----------------------------------------------------------------------------------------------------------


def run_init(args: argparse.Namespace, settings: Settings) -> int:
    file = site_file.read(args.file)
    admin = site_setup.administrator(file, args.admin)
    if file.site_id in settings.sites:
        raise usage(f"the site {file.site_id} is begun already; its registry is changed by `sevengates site load`")
    engine.prepare(settings)
    person_id = site_setup.person_id_of(settings, file, admin["works_no"])
    code = asyncio.run(_init(settings, file, admin, person_id))
    write_config(settings, sites=[*settings.sites, file.site_id])
    told = {"site_id": file.site_id, "administrator": admin["works_no"], "one_time_code": code, "url": settings.url}
    if args.json:
        speak.data(told)
    else:
        speak.fields(told)
        speak.say(
            f"Start it with `sevengates up`, open {settings.url}/set-password within 24 hours, choose a password with"
            f" the one-time code, then load the rest: sevengates site load {args.file}"
        )
    return exits.OK


async def _init(settings: Settings, file: site_file.SiteFile, admin: Any, person_id: str) -> str:
    from services.gateway.accounts import Accounts

    async with engine.clear_log_errors():
        await site_setup.begin_site(settings, file, admin, person_id)
    async with reachable(settings, None):
        await until_registered(settings, file.site_id, {person_id})
    accounts = Accounts(settings.accounts_url)
    try:
        code = site_setup.open_account(accounts, admin["works_no"], person_id, file.site_id)
    finally:
        accounts.close()
    return code or ""


async def until_registered(settings: Settings, site_id: str, people: set[str]) -> None:
    """Wait until the register has the site and these people; what was refused shows by their absence."""
    until = asyncio.get_running_loop().time() + REGISTERED_S
    while True:
        with opened(settings) as queries:
            board = queries.board_of(site_id)
        if board is not None and board.site is not None and people <= set(board.people):
            return
        if asyncio.get_running_loop().time() > until:
            raise broken(f"the site {site_id} was not registered after {REGISTERED_S:g} s")
        await asyncio.sleep(0.1)


@asynccontextmanager
async def reachable(settings: Settings, url: str | None) -> AsyncIterator[Api]:
    """A client of the gateway that runs with these settings; if none does, one is started for the time being."""
    async with Api(url or settings.url) as api, Children() as children:
        if await api.ready():
            yield api
            return
        if url is not None or not settings.embedded:
            raise broken(f"no gateway answers at {api.url}")
        own = settings.with_(port=engine.free_port(), host="127.0.0.1", public_url="")
        await engine.prepare_log(own.log_url)
        children.start("server", ["engine", *engine_flags(own)])
        async with Api(own.url) as near:
            await children.until_ready(near)
            yield near


# ---- load ----------------------------------------------------------------------------------------------------------


def run_load(args: argparse.Namespace, settings: Settings) -> int:
    file = site_file.read(args.file)
    with opened(settings) as queries:
        board = queries.board_of(file.site_id)
    found = site_setup.find_differences(settings, file, board)
    if args.dry_run or not found:
        _tell(args, found, site_setup.Loaded())
        return exits.OK
    admin = args.admin or site_setup.administrator(file)["works_no"]
    loaded = asyncio.run(_load(args, settings, file, found, admin))
    _tell(args, found, loaded)
    return exits.OK


async def _load(
    args: argparse.Namespace, settings: Settings, file: site_file.SiteFile, found: list[Any], admin: str
) -> site_setup.Loaded:
    password = password_of(admin)
    async with reachable(settings, args.url) as api:
        await api.sign_in(admin, password)
        return await site_setup.send_differences(settings, file, found, api, admin)


def password_of(who: str) -> str:
    """From the environment, or asked for in a terminal. Raises Fault 2 where neither is there."""
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise usage(f"set {PASSWORD_VARIABLE} to the password of {who}, or run this in a terminal")
    return getpass.getpass(f"Password of {who}: ", stream=sys.stderr)


def _tell(args: argparse.Namespace, found: list[Any], loaded: site_setup.Loaded) -> None:
    if args.json:
        rows = [{"type": d.type, "what": d.what, "new": d.new, "changes": d.changes} for d in found]
        speak.data({"dry_run": args.dry_run, "differences": rows, "sent": len(loaded.sent), "codes": loaded.codes})
        return
    for difference in found:
        print(difference.line())
    for works_no, code in loaded.codes.items():
        print(f"one-time code of {works_no}: {code}")
    if loaded.sent and any(difference.type == "propose_rules" for difference in found):
        speak.say("rules are proposed: another administrator or HSE releases them on the page")
    words = "differ" if args.dry_run else "sent"
    speak.say(f"{len(found)} {words}" if found else "the site is as the file says: nothing to send")
