"""The command table: every noun, verb and option, and which function runs it. Imports nothing else of Sevengates,
so that `--help` and a mistyped option answer at once."""

from __future__ import annotations

import argparse
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

SERVICES = ("decider", "register", "timekeeper", "watcher", "sealer")
LANGUAGES = ("en", "zh-CN")
PDF_KINDS = ("permit", "closure", "status")
ENGINE_VERB = "engine"  # what the parent of `up` starts; not for people

Parsers = Any


def parser() -> argparse.ArgumentParser:
    """`args.run` names what to run as "module:function"."""
    top = argparse.ArgumentParser(
        prog="sevengates",
        description="Sevengates 七关: electronic permit to work.",
        epilog="Exit codes: 0 ok, 1 broken, 2 usage or locked, 3 not found, 4 refused, 5 verification failed.",
    )
    top.add_argument("--version", action="version", version=f"sevengates {_version()}")
    nouns = top.add_subparsers(metavar="COMMAND", required=True)
    common = _common()
    for add in (_engine, _site, _look, _prove):
        add(nouns, common)
    return top


def _common() -> argparse.ArgumentParser:
    """Options that every command takes."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--data", metavar="DIR", help="data directory (default: ./data)")
    common.add_argument("--log", metavar="URL", dest="log_url", help="sqlite:///absolute/path.db or kafka://host:port")
    common.add_argument("--json", action="store_true", help="print data as JSON")
    return common


def _engine(nouns: Parsers, common: argparse.ArgumentParser) -> None:
    up = nouns.add_parser("up", parents=[common], help="run everything on this machine, restarted when it breaks")
    _listening(up)
    up.set_defaults(run="commands_engine:run_up")
    child = nouns.add_parser(ENGINE_VERB, parents=[common])
    _listening(child)
    child.set_defaults(run="commands_engine:run_engine")
    demo = nouns.add_parser("demo", parents=[common], help="a simulated site with people, work and permits to try")
    _listening(demo)
    demo.add_argument("--once", action="store_true", help="walk every scenario through the HTTP API and end")
    demo.set_defaults(run="commands_engine:run_demo")
    simulate = nouns.add_parser("simulate", parents=[common], help="play detectors, a recorder and a handheld")
    simulate.add_argument("--site", metavar="ID", required=True)
    simulate.add_argument("--url", help="the gateway, if it does not run on this machine with these settings")
    simulate.add_argument(
        "--ticket", metavar="NAME=NUMBER", action="append", required=True, help="which ticket the script's name means"
    )
    simulate.add_argument("--scene", action="append", required=True, help="one of the script's, in this order")
    simulate.add_argument("--seconds", type=float, default=30.0, help="how long each scene is played (default: 30)")
    simulate.add_argument("--script", type=Path, metavar="FILE", help="default: deploy/demo/signals.toml")
    simulate.set_defaults(run="simulate:run_simulate")
    worker = nouns.add_parser("worker", parents=[common], help="run one service (on Kafka)")
    worker.add_argument("name", choices=SERVICES)
    worker.add_argument("--slot", type=int, help="0, 1, …: which of several workers of this service")
    worker.add_argument("--verbose", action="store_true", help="say more on stderr")
    worker.set_defaults(run="commands_engine:run_worker")
    gateway = nouns.add_parser("gateway", parents=[common], help="run the HTTP gateway (on Kafka)")
    _listening(gateway)
    gateway.set_defaults(run="commands_engine:run_gateway")
    topics = nouns.add_parser("topics", help="the topics on the log").add_subparsers(metavar="VERB", required=True)
    for verb, words in (("ensure", "create what is missing, then check"), ("check", "compare with topics.toml")):
        command = topics.add_parser(verb, parents=[common], help=words)
        command.set_defaults(run="commands_engine:run_topics", verb=verb)


def _listening(command: argparse.ArgumentParser) -> None:
    command.add_argument("--host", help="address to listen on (default: 127.0.0.1)")
    command.add_argument("--port", type=int, help="port to listen on (default: 8077)")
    command.add_argument("--verbose", action="store_true", help="say more on stderr")


def _site(nouns: Parsers, common: argparse.ArgumentParser) -> None:
    init = nouns.add_parser("init", parents=[common], help="begin a site: its first record and its first administrator")
    init.add_argument("file", type=Path, metavar="FILE", help="a site file; deploy/sites/example.toml is one to copy")
    init.add_argument("--admin", metavar="WORKS_NO", help="which of the file's administrators (default: the first)")
    init.set_defaults(run="commands_site:run_init")
    site = nouns.add_parser("site", help="a site's registry").add_subparsers(metavar="VERB", required=True)
    load = site.add_parser("load", parents=[common], help="send what the site lacks of a site file")
    load.add_argument("file", type=Path, metavar="FILE")
    load.add_argument("--dry-run", action="store_true", help="only print the differences")
    load.add_argument("--admin", metavar="WORKS_NO", help="the administrator who sends it (default: the file's first)")
    load.add_argument("--url", help="the gateway, if it does not run on this machine with these settings")
    load.set_defaults(run="commands_site:run_load")


def _look(nouns: Parsers, common: argparse.ArgumentParser) -> None:
    job = nouns.add_parser("job", help="jobs and their tickets").add_subparsers(metavar="VERB", required=True)
    listing = job.add_parser("list", parents=[common], help="jobs, newest first")
    listing.add_argument("--site", metavar="ID", help="one site only")
    listing.add_argument("--state", help="state of the job or of a ticket")
    listing.add_argument("--words", help="part of the title, place or number")
    listing.add_argument("--live", action="store_true", help="only jobs that are not over")
    listing.set_defaults(run="commands_look:list_jobs")
    show = job.add_parser("show", parents=[common], help="one job with its tickets, shut gates and alarms")
    show.add_argument("number", help="as HX-J-20261019-0001")
    show.add_argument("--lang", choices=LANGUAGES, default="en", help="language of what is missing")
    show.set_defaults(run="commands_look:show_job")

    permit = nouns.add_parser("permit", help="one ticket").add_subparsers(metavar="VERB", required=True)
    for verb, run, words in (
        ("show", "show_permit", "one ticket"),
        ("trail", "show_trail", "every decision about it, refusals too"),
        ("pdf", "write_pdf", "its sealed PDF into a file"),
    ):
        command = permit.add_parser(verb, parents=[common], help=words)
        command.add_argument("number", help="as HX-HW-20261019-0002")
        command.set_defaults(run=f"commands_look:{run}")
        if verb == "trail":
            command.add_argument("--lang", choices=LANGUAGES, default="en", help="language of names")
        if verb == "pdf":
            command.add_argument("--out", type=Path, metavar="FILE", help="default: NUMBER.pdf")
            command.add_argument("--kind", choices=PDF_KINDS, default="permit")

    rules = nouns.add_parser("rules", help="gates, numbers and clauses").add_subparsers(metavar="VERB", required=True)
    listed = rules.add_parser("list", parents=[common], help="every gate in one line, and every number of the packs")
    listed.add_argument("--pack", metavar="P", help="only what this rule pack brings (as gb30871-2022)")
    listed.set_defaults(run="commands_rules:list_rules")
    shown = rules.add_parser(
        "show", parents=[common], help="one rule: what it asks, where, on which clause and numbers"
    )
    shown.add_argument(
        "id", metavar="ID", help="a gate (G-GAS-2), an alarm code (02), a number's name, a clause (5.3.1 c)"
    )
    shown.set_defaults(run="commands_rules:show_rule")
    covered = rules.add_parser("coverage", parents=[common], help="which clauses are held by what, counted")
    covered.set_defaults(run="commands_rules:show_coverage")
    for command in (listed, shown, covered):
        command.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the words")


def _prove(nouns: Parsers, common: argparse.ArgumentParser) -> None:
    register = nouns.add_parser("register", help="the read side").add_subparsers(metavar="VERB", required=True)
    rebuild = register.add_parser("rebuild", parents=[common], help="drop it and read the whole log again")
    rebuild.add_argument(
        "--forget-heads",
        action="store_true",
        help="after a backup was restored: what had been reached need not be there",
    )
    rebuild.set_defaults(run="commands_prove:run_rebuild")
    replay = nouns.add_parser("replay", parents=[common], help="fold the whole log again and compare")
    replay.add_argument("--check", action="store_true", required=True, help="against the register and the snapshots")
    replay.set_defaults(run="commands_prove:run_replay")
    verify = nouns.add_parser("verify", parents=[common], help="check a sealed PDF")
    verify.add_argument("file", type=Path, metavar="FILE")
    verify.add_argument(
        "--root", type=Path, action="append", metavar="FILE", help="certificate to trust (default: this installation's)"
    )
    verify.add_argument("--lang", choices=LANGUAGES, default="en")
    verify.set_defaults(run="commands_prove:run_verify")
    backup = nouns.add_parser("backup", parents=[common], help="copy everything while it runs, and verify the copy")
    backup.add_argument("to", type=Path, metavar="DIR", help="a directory that is empty or does not exist")
    backup.set_defaults(run="commands_prove:run_backup")
    doctor = nouns.add_parser("doctor", parents=[common], help="look for what is wrong with this installation")
    doctor.add_argument("--host", help="where the gateway listens (default: 127.0.0.1)")
    doctor.add_argument("--port", type=int, help="its port (default: 8077)")
    doctor.set_defaults(run="commands_prove:run_doctor")


def _version() -> str:
    try:
        return version("sevengates")
    except PackageNotFoundError:
        return "unknown"
