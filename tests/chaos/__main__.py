"""`python -m tests.chaos`: kill everything again and again, then check the whole log. Prints one closing line.

    --log sqlite|kafka|both   --commands N   --kills N   --keep DIR (leaves logs and records there)

Exit code 0 if every promise held, 1 if one did not; problems go to stderr, figures as JSON to stdout.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.chaos.run import Plan, on_kafka, on_sqlite
from tests.chaos.servers import end_in_order_when_told

DECIDERS = 2


def main() -> int:
    chosen = _parser().parse_args()
    end_in_order_when_told()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a new topic has no leader for a moment
    logs = ("sqlite", "kafka") if chosen.log == "both" else (chosen.log,)
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="chaos-"))
    results = []
    try:
        for log in logs:
            results.append(asyncio.run(_run(log, chosen, folder.resolve() / log)))
            print(json.dumps(results[-1], ensure_ascii=False), flush=True)
            for problem in results[-1]["problems"]:
                print(f"chaos: {log}: {problem}", file=sys.stderr)
    finally:
        if chosen.keep is None and all(result["ok"] for result in results) and len(results) == len(logs):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"chaos: logs and records are in {folder}", file=sys.stderr)
    print(closing_line(results))
    return 0 if all(result["ok"] for result in results) else 1


def _run(log: str, chosen: argparse.Namespace, folder: Path) -> Any:
    if log == "sqlite":
        plan = Plan(commands=chosen.commands, sites=7, kills=chosen.kills or 20, pauses=1, seed=chosen.seed)
        return on_sqlite(plan, folder)
    plan = Plan(commands=chosen.commands, kills=chosen.kills or 10, broker_kills=2, stops=1, pauses=1, seed=chosen.seed)
    return on_kafka(plan, folder, DECIDERS)


def closing_line(results: list[dict[str, Any]]) -> str:
    """One line for a person: what was done to it, and what was found."""
    parts = []
    for result in results:
        faults = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in sorted(result["faults"].items()))
        dropped = sum(result["dropped"].values())
        parts.append(
            f"{result['log']}: {result['commands']} commands, {result['outcomes']} outcomes, {result['boundaries']} "
            f"boundaries, {faults}; back in {result['back_s'].get('max', 0)} s at most; {dropped} records dropped; "
            f"{result['found']} problems"
        )
    verdict = "held" if all(result["ok"] for result in results) else "BROKEN"
    return f"chaos {verdict}: " + " | ".join(parts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--log", choices=("sqlite", "kafka", "both"), default="both")
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--kills", type=int, help="default: 20 on SQLite, 10 on Kafka")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--keep", type=Path, help="leave logs, records and words of the processes in this folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())
