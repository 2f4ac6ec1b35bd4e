"""`python -m tests.bench`: JSON lines, one for each thing measured. Ratios come from one run on one machine.

--only pure,crowd,board,decisions,taps,seals,pages    --no-kafka    --commands N (a site, for the decisions)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.bench import board_page, crowd, decisions, pages, peer, pure, seals, taps
from tests.bench.history import PureHand, site_history
from tests.browser import hand
from tests.chaos.cast import sites_apart
from tests.chaos.servers import end_in_order_when_told

SITES = 4
PARTS = ("pure", "crowd", "board", "decisions", "taps", "seals", "pages")
AIM_EMPTY, AIM_PEER, AIM_TAP = 0.6, 2.0, 10.0


def line(measured: str, **figures: Any) -> None:
    print(json.dumps({"bench": measured, **figures}, ensure_ascii=False), flush=True)


def main() -> int:
    chosen = _parser().parse_args()
    end_in_order_when_told()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a new topic has no leader for a moment
    parts = chosen.only.split(",")
    kafka = not chosen.no_kafka
    line("machine", cpus=os.cpu_count(), python=platform.python_version(), system=platform.platform(), commit=_commit())
    histories = [asyncio.run(site_history(cast, chosen.commands)) for cast in sites_apart(SITES, 8)]
    if "pure" in parts:
        line("pure", **pure.measure(histories[0]))
    if "crowd" in parts:
        line("crowd", **crowd.measure())
    if "board" in parts:
        with tempfile.TemporaryDirectory() as folder:
            line("board", **asyncio.run(board_page.measure(Path(folder))))
    if "decisions" in parts:
        _decisions(histories, kafka)
    if "taps" in parts:
        line("taps", log="sqlite", aim_p99_ratio=AIM_TAP, **taps.on_sqlite())
        for flush in (False, True) if kafka else ():
            line("taps", log="kafka", flush=flush, aim_p99_ratio=AIM_TAP, **taps.on_kafka(flush))
    if "seals" in parts:
        line("seals", **seals.measure())
    if "pages" in parts:
        if hand.no_chromium():
            line("pages", skipped=hand.no_chromium())
        else:
            line("pages", **pages.measure())
    return 0


def _decisions(histories: list[PureHand], kafka: bool) -> None:
    other = peer.measure(histories[0], limit=len(histories[0].decided))
    found = decisions.on_sqlite(histories)
    line(
        "decisions",
        log="sqlite",
        **_against(found),
        eventsourcing=other,
        ratio_to_eventsourcing=round(found["decider"]["per_s"] / other["per_s"], 2),
        aim_to_eventsourcing=AIM_PEER,
    )
    for flush in (False, True) if kafka else ():
        line("decisions", log="kafka", flush=flush, **_against(decisions.on_kafka(histories, flush)))


def _against(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    ratio = round(found["decider"]["per_s"] / found["empty"]["per_s"], 2)
    return {**found, "ratio_to_empty": ratio, "aim_to_empty": AIM_EMPTY}


def _commit() -> str:
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--no-kafka", action="store_true")
    parser.add_argument("--commands", type=int, default=400)
    return parser


if __name__ == "__main__":
    sys.exit(main())
