"""Commands that prove something: replay, verify, backup, doctor."""

from __future__ import annotations

import argparse
import asyncio
import logging
from typing import Any

from services.desk import engine, exits, speak
from services.desk.doctor import log_exists
from services.desk.exits import not_found, usage
from services.settings import Settings

ROOT_NAME = "ca-cert.pem"


def run_replay(args: argparse.Namespace, settings: Settings) -> int:
    from services.desk import log_check

    _needs_log(settings)
    checked = asyncio.run(_with_clear_errors(log_check.check(settings)))
    if args.json:
        speak.data(checked.plain())
    else:
        speak.fields({key: value for key, value in checked.plain().items() if isinstance(value, int)})
        speak.table([{"site": site, "board": digest} for site, digest in checked.digests.items()], ("site", "board"))
        for problem in checked.problems:
            speak.say(f"wrong: {problem}")
    return exits.OK if checked.valid else exits.UNVERIFIED


def run_rebuild(args: argparse.Namespace, settings: Settings) -> int:
    """Takes the lock on an embedded log, so that no register follows it meanwhile."""
    _needs_log(settings)
    asyncio.run(_with_clear_errors(_rebuild(settings, args.forget_heads)))
    speak.say("the register was dropped and built from the log again")
    if args.json:
        speak.data({"rebuilt": True})
    return exits.OK


async def _rebuild(settings: Settings, forget_heads: bool) -> None:
    from services.log import open_log
    from services.register.upkeep import rebuild

    async with open_log(settings.log_url) as log:
        await rebuild(settings.register_url, log, forget_heads=forget_heads)


async def _with_clear_errors(checking: Any) -> Any:
    async with engine.clear_log_errors():
        return await checking


def _needs_log(settings: Settings) -> None:
    if not log_exists(settings):
        raise not_found(f"there is no log at {settings.log_url.removeprefix('sqlite://')}")


def run_verify(args: argparse.Namespace, settings: Settings) -> int:
    from services.sealer.verify import verify

    for name in ("pyhanko", "pyhanko_certvalidator"):  # the report says what is wrong, once
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    own_root = settings.keys / ROOT_NAME
    roots = args.root or ([own_root] if own_root.exists() else [])
    try:
        report = verify(args.file, roots)
    except FileNotFoundError as problem:
        raise not_found(f"{problem.filename}: no such file") from None
    except OSError as problem:
        raise usage(f"{problem.filename}: {problem.strerror}") from problem
    except ValueError as problem:
        raise usage(f"the root certificate cannot be read: {problem}") from problem
    if args.json:
        speak.data(report.to_json())
    else:
        print("\n".join(report.lines(args.lang)))
    return exits.OK if report.ok else exits.UNVERIFIED


def run_backup(args: argparse.Namespace, settings: Settings) -> int:
    from services.desk import backup

    told = asyncio.run(_with_clear_errors(backup.back_up_all(settings, args.to)))
    if args.json:
        speak.data(told)
    else:
        speak.fields({key: value for key, value in told.items() if key != "sites"})
    return exits.OK


def run_doctor(args: argparse.Namespace, settings: Settings) -> int:
    from services.desk import doctor

    findings = asyncio.run(doctor.examine(settings))
    if args.json:
        speak.data([finding.plain() for finding in findings])
    else:
        speak.table([finding.plain() for finding in findings], ("state", "what", "said"))
    return exits.BROKEN if any(finding.state == doctor.WRONG for finding in findings) else exits.OK
