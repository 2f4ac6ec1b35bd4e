"""The clients' own record of what they sent and were told: JSON lines, written before and after each attempt.

{"event": "tapped", "at", "command_id", "body"}                 the person tapped; the body without its clocks
{"event": "told", "at", "command_id", "status", "answer"}       an HTTP answer came back
{"event": "unknown", "at", "command_id", "why"}                 it was sent, and no answer came
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from tests.chaos.links import Outcome, canonical, sha256, time_of

TRANSPORT = ("elapsed_ms", "clock", "presence", "signature")
TAP_LIMIT_S = 60 + 10  # act_by counts from the tap; how long the last send took is known to 10 s
NOT_SENT_ON = (401, 403, 404, 413, 415, 422, 429, 503)  # the gateway answered before anything went to the log


@dataclass(slots=True)
class Tap:
    """One command as its client saw it."""

    command_id: str
    at: datetime
    body: dict[str, Any]
    answers: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    unknown: int = 0

    @property
    def decided(self) -> list[tuple[int, dict[str, Any]]]:
        """The answers that told an outcome of the log: accepted, refused by gates, or not allowed."""
        return [(status, answer) for status, answer in self.answers if "site_seq" in answer]


class Recorder:
    """Writes the clients' record; one line at a time, so that it survives whatever happens to the servers."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, **line: Any) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def read_taps(path: Path) -> dict[str, Tap]:
    taps: dict[str, Tap] = {}
    with path.open(encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            command_id = line["command_id"]
            if line["event"] == "tapped":
                taps[command_id] = Tap(command_id, time_of(line["at"]), line["body"])
            elif line["event"] == "told":
                taps[command_id].answers.append((line["status"], line["answer"]))
            else:
                taps[command_id].unknown += 1
    return taps


def compare(taps: Iterable[Tap], outcomes: dict[str, list[Outcome]], acts: frozenset[str]) -> list[str]:
    """Each answer must be the log's, the same every time, and about the command that was tapped."""
    problems: list[str] = []
    for tap in taps:
        found = outcomes.get(tap.command_id, [])
        problems += [f"{tap.command_id}: {words}" for words in _compare_one(tap, found, acts)]
    return problems


def _compare_one(tap: Tap, found: list[Outcome], acts: frozenset[str]) -> Iterable[str]:
    for status, _answer in tap.answers:
        if status == 500:
            yield "answered 500"
    if tap.decided and not found:
        yield "lost outcome: the client was told one, the log has none"
    if len({canonical(_kernel(status, answer)) for status, answer in tap.decided}) > 1:
        yield "two different answers to the same command"
    only_refused_early = tap.answers and not tap.unknown and all(status in NOT_SENT_ON for status, _ in tap.answers)
    if only_refused_early and not tap.decided and found:
        yield f"told that nothing was recorded ({tap.answers[-1][0]}), but the log has an outcome"
    for outcome in found:
        yield from _same_command(tap, outcome)
        for status, answer in tap.decided:
            yield from _same_answer(status, answer, outcome)
        late = (outcome.decided_at_real - tap.at).total_seconds()
        if outcome.accepted and outcome.client["type"] in acts and late > TAP_LIMIT_S:
            yield f"late act: decided {late:.1f} s after the tap"


def _kernel(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    return {"status": status, "site_seq": answer["site_seq"], "codes": answer.get("codes", [])}


def _same_command(tap: Tap, outcome: Outcome) -> Iterable[str]:
    sent = {key: value for key, value in tap.body.items() if key not in TRANSPORT and value is not None}
    logged = {key: value for key, value in outcome.client.items() if key != "actor" or "actor" in sent}
    if canonical(sent) != canonical(logged):
        yield "the log has another command under this id than the client sent"
    if sha256(canonical(outcome.client)) != outcome.body["command_sha256"]:
        yield "the hash of the command on the log is not that of its client part"


def _same_answer(status: int, answer: dict[str, Any], outcome: Outcome) -> Iterable[str]:
    if answer["site_seq"] != outcome.site_seq:
        yield f"answer differs from the log: told site_seq {answer['site_seq']}, it is {outcome.site_seq}"
    if (status == 200) != outcome.accepted:
        yield f"answer differs from the log: told {status}, the log says {outcome.body['verdict']}"
    codes = [refusal["code"] for refusal in outcome.body["refusals"]]
    if list(dict.fromkeys(answer.get("codes", codes))) != list(dict.fromkeys(codes)):
        yield f"answer differs from the log: told {answer.get('codes')}, the log says {codes}"
    if status == 200 and "events" in answer:
        told = [event["type"] if isinstance(event, dict) else event for event in answer["events"]]
        if told != [event["type"] for event in outcome.body["events"]]:
            yield f"answer differs from the log: told the events {told}"
