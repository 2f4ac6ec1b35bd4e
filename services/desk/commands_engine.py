"""Commands that run something: up, demo, worker, gateway, topics."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from services import parent
from services.desk import engine, exits, speak
from services.desk.exits import usage
from services.desk.parsers import ENGINE_VERB
from services.settings import Settings


def engine_flags(settings: Settings) -> list[str]:
    """What a child needs to be told; the rest it reads from config.toml and the environment, as we did."""
    return [
        "--data",
        str(settings.data),
        "--log",
        settings.log_url,
        "--host",
        settings.host,
        "--port",
        str(settings.port),
    ]


def engine_argv(settings: Settings, verbose: bool = False) -> list[str]:
    """The command line of the child that runs everything in one process."""
    more = ["--verbose"] if verbose else []
    return [sys.executable, "-m", "services.desk.cli", ENGINE_VERB, *engine_flags(settings), *more]


def run_up(args: argparse.Namespace, settings: Settings) -> int:
    if not settings.embedded:
        raise usage("`up` runs the embedded log; on Kafka start `worker` and `gateway` processes")
    engine.prepare(settings)
    engine.check_port(settings)
    speak.say(f"sevengates: starting on {settings.url} with the data in {settings.data}; Ctrl-C stops it")
    return parent.supervise(engine_argv(settings, args.verbose), say=speak.say)


def run_engine(args: argparse.Namespace, settings: Settings) -> int:
    engine.set_up_logging(args.verbose)
    return engine.run_embedded(settings)


def run_demo(args: argparse.Namespace, settings: Settings) -> int:
    from services.desk import demo

    engine.set_up_logging(args.verbose)
    return demo.run_once(settings, args) if args.once else demo.serve(settings, args)


def run_worker(args: argparse.Namespace, settings: Settings) -> int:
    if settings.embedded:
        raise usage("the embedded log has one writing process: use `up`, or --log kafka://host:port")
    engine.set_up_logging(args.verbose)
    return engine.run_worker(args.name, settings)


def run_gateway(args: argparse.Namespace, settings: Settings) -> int:
    if settings.embedded:
        raise usage("the embedded log has one writing process: use `up`, or --log kafka://host:port")
    engine.set_up_logging(args.verbose)
    return engine.run_gateway(settings)


def run_topics(args: argparse.Namespace, settings: Settings) -> int:
    report = asyncio.run(_topics(args.verb, settings))
    if args.json:
        speak.data({"url": report.url, "ok": report.right, "problems": report.problems, "promise": report.promise})
    else:
        for problem in report.problems:
            speak.say(f"wrong: {problem}")
        print(f"{report.url}: {report.promise}")
    return exits.OK if report.right else exits.UNVERIFIED


async def _topics(verb: str, settings: Settings) -> Any:
    from services.log import open_log

    async with engine.clear_log_errors():
        log = open_log(settings.log_url)
        async with log:
            return await (log.ensure_topics() if verb == "ensure" else log.check_topics())
