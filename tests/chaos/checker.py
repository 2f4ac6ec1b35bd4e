"""The independent checker: reads the whole log and the clients' record, and says what is wrong.

    python -m tests.chaos.checker --log URL --told FILE... [--data DIR]

It imports nothing of the product. With --data it also asks the product's own `sevengates replay --check` (in a process
of its own) whether register, fresh replay and snapshot are the same. Exit code 0: nothing found, 1: something is wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.links import Outcome, Read, canonical, read_links
from tests.chaos.oracle import ACTS, Oracle
from tests.chaos.stored import Stored, Unreachable, offset_problems, read_topics, tail_problems
from tests.chaos.told import Tap, compare, read_taps

TOPICS = ("commands", "outcomes", "dead_letters")
SHOWN = 40
REPLAY_TIMEOUT_S = 300


@dataclass(slots=True)
class Report:
    """What was found. `problems` empty means the promises held."""

    problems: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        return {"ok": not self.problems, **self.figures, "problems": self.problems[:SHOWN], "found": len(self.problems)}


def check(topics: dict[str, list[Stored]], taps: dict[str, Tap]) -> Report:
    """Look at a whole log and what clients were told about it."""
    report = Report()
    for name in ("commands", "outcomes"):
        report.problems += offset_problems(topics[name])
    read = read_links(topics["outcomes"])
    report.problems += read.problems
    by_id = _by_command(read.outcomes)
    waiting, wrong = _once(topics, by_id)
    report.problems += wrong
    report.problems += _asked_for(topics["commands"], read)
    report.problems += compare(taps.values(), by_id, ACTS)
    boundaries, wrong = _boundaries(read.outcomes)
    report.problems += wrong
    told = [tap for tap in taps.values() if tap.decided]
    report.figures = {
        "commands": len({_command_id(stored) for stored in topics["commands"]}),
        "outcomes": len(read.outcomes),
        "accepted": sum(outcome.accepted for outcome in read.outcomes),
        "refused": sum(not outcome.accepted for outcome in read.outcomes),
        "sites": len(read.heads),
        "boundaries": boundaries,
        "told": len(told),
        "asked_again": sum(len(tap.answers) + tap.unknown > 1 for tap in taps.values()),
        "waiting": waiting,
        "dropped": dict(sorted(read.dropped.items())),
        "refusal_codes": dict(_codes(read.outcomes)),
        "longest_append_s": round(
            max((abs((o.appended_at - o.decided_at_real).total_seconds()) for o in read.outcomes), default=0), 3
        ),
    }
    return report


def check_log(url: str, told: Path) -> Report:
    """`check` for a log that lies somewhere. Raises Unreachable."""
    topics = read_topics(url, TOPICS)
    report = check(topics, read_taps(told))
    report.problems += tail_problems(url, topics)
    return report


def _by_command(outcomes: list[Outcome]) -> dict[str, list[Outcome]]:
    by_id: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        by_id[outcome.client["command_id"]].append(outcome)
    return by_id


def _codes(outcomes: list[Outcome]) -> list[tuple[str, int]]:
    return Counter(r["code"] for o in outcomes for r in o.body["refusals"]).most_common()


def _command_id(stored: Stored) -> str:
    try:
        return str(json.loads(stored.value)["client"]["command_id"])
    except (ValueError, KeyError, TypeError):
        return f"unreadable {stored.partition}@{stored.offset}"


def _once(topics: dict[str, list[Stored]], by_id: dict[str, list[Outcome]]) -> tuple[int, list[str]]:
    """Every command on the log has one outcome (or a dead letter), and none has two; how many still wait, and problems.

    Only what our own services sent behind the last decided command of a partition may wait: everything was stopped.
    """
    problems = [
        f"{command_id}: took effect {len(found)} times, at site_seq {[o.site_seq for o in found]}"
        for command_id, found in by_id.items()
        if len(found) > 1
    ]
    letters = b"\n".join(stored.value for stored in topics.get("dead_letters", []))
    done: dict[int, int] = {}
    undecided: list[tuple[Stored, str]] = []
    for stored in topics["commands"]:
        command_id = _command_id(stored)
        if command_id in by_id or command_id.encode() in letters:
            done[stored.partition] = stored.offset
        else:
            undecided.append((stored, command_id))
    lost = [
        (stored, command_id)
        for stored, command_id in undecided
        if stored.offset < done.get(stored.partition, -1) or b'"means":"service"' not in stored.value
    ]
    problems += [f"{name}: on `commands` at {s.partition}@{s.offset}, without an outcome" for s, name in lost]
    return len(undecided) - len(lost), problems


def _asked_for(commands: list[Stored], read: Read) -> list[str]:
    """Every outcome belongs to a command that somebody sent, with the same client part."""
    sent: dict[str, set[bytes]] = defaultdict(set)
    for stored in commands:
        try:
            client = json.loads(stored.value)["client"]
            sent[client["command_id"]].add(canonical(client))
        except (ValueError, KeyError, TypeError):
            continue
    return [
        f"{outcome.client['command_id']}: forged: no such command was sent (site_seq {outcome.site_seq})"
        for outcome in read.outcomes
        if canonical(outcome.client) not in sent[outcome.client["command_id"]]
    ]


def _boundaries(outcomes: list[Outcome]) -> tuple[int, list[str]]:
    """The oracle's view of every site, in the order of its chain."""
    oracles: dict[str, Oracle] = defaultdict(Oracle)
    problems = []
    for outcome in outcomes:
        client = outcome.client
        for words in oracles[outcome.site_id].see(outcome):
            problems.append(
                f"{client['command_id']}: {client['type']} at {outcome.site_id}/{outcome.site_seq}: {words}"
            )
    return sum(oracle.boundaries for oracle in oracles.values()), problems


def replay_agrees(data: Path, log: str, *, all_there: bool = True) -> list[str]:
    """Ask the product whether its register, a fresh replay and its snapshots are the same.

    `all_there`: there is a register that has read everything, and at least one snapshot.
    """
    command = [str(Path(sys.executable).parent / "sevengates"), "replay", "--check", "--json", "--data", str(data)]
    done = subprocess.run(
        [*command, "--log", log], capture_output=True, text=True, timeout=REPLAY_TIMEOUT_S, check=False
    )
    if done.returncode == 0:
        return _compared(json.loads(done.stdout)) if all_there else []
    words = (done.stderr or done.stdout).strip().splitlines()
    return [f"replay --check: exit {done.returncode}: {words[-1] if words else 'no words'}"]


def _compared(said: dict[str, Any]) -> list[str]:
    """That all is equal says something only if all was compared."""
    problems = []
    if said["register_behind"]:
        problems.append(f"replay --check: the register is behind on {said['register_behind']} sites")
    if not said["register_compared"]:
        problems.append("replay --check: no site of the register was compared")
    if not said["snapshots_compared"]:
        problems.append("replay --check: no snapshot was compared")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.checker", description=__doc__)
    parser.add_argument("--log", required=True)
    parser.add_argument("--told", required=True, type=Path)
    parser.add_argument("--data", type=Path)
    chosen = parser.parse_args()
    try:
        report = check_log(chosen.log, chosen.told)
    except Unreachable as error:
        print(f"checker: {error}", file=sys.stderr)
        return 1
    if chosen.data is not None:
        report.problems += replay_agrees(chosen.data, chosen.log)
    print(json.dumps(report.plain(), ensure_ascii=False))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
