"""The briefing as it is read before it is acknowledged: five parts, questions, and what has changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.gateway.pages import nearby, trail
from services.gateway.pages.line import ENDED
from services.gateway.pages.render import View
from services.seven_steps.board_job import Job

#: Where each topic of a briefing is read.
PART_OF: Mapping[str, str] = {
    "neighbours": "neighbours", "hazards": "hazards", "measures": "hazards", "emergency": "emergency",
    "stop_work": "stop_work",
}  # fmt: skip


@dataclass(frozen=True)
class Question:
    topic: int  # counted from 0 in the contents of this language
    part: str
    ask: str
    answers: tuple[tuple[str, str], ...]
    right: str


@dataclass(frozen=True)
class Change:
    topic: str
    old: str
    new: str


def briefing_data(view: View, job: Job, records: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What stands on the page; None before anything was given."""
    briefing = job.briefing
    if briefing is None:
        return None
    lang = view.said.lang if view.said.lang in briefing.contents else next(iter(briefing.contents), view.said.lang)
    topics = briefing.contents.get(lang, [])
    tickets = [view.board.permits[one] for one in job.permits if one in view.board.permits]
    live = [one for one in tickets if one.state not in ENDED] or tickets
    said = {part: [one["text"] for one in topics if PART_OF[one["topic"]] == part] for part in set(PART_OF.values())}
    old = _acknowledged_before(view, records, briefing.version)
    return {
        "version": briefing.version, "place": briefing.place, "lang": lang, "given": briefing.given, "parts": PARTS,
        "said": said, "tickets": live, "neighbours": nearby.of_tickets(view, live), "hazards": _hazards(view, job),
        "questions": [_question(n, one) for n, one in enumerate(topics) if one.get("question")],
        "old": old, "changes": _changes(trail.briefing_contents(records, old), lang, topics) if old else [],
        "mine": briefing.acknowledged.get(view.person_id),
    }  # fmt: skip


PARTS = ("work", "neighbours", "hazards", "emergency", "stop_work")


def changed_words(view: View, data: Mapping[str, Any]) -> str:
    """The topics that changed, in words."""
    topics = [view.said.word("topic", one.topic) for one in data["changes"]]
    return view.said.t("list.comma").join(topics) or view.said.t("briefing.same_words")


def _hazards(view: View, job: Job) -> list[tuple[str, list[str]]]:
    """Each hazard of the assessment with its controls, word for word."""
    found: dict[str, list[str]] = {}
    for row in job.assessment.rows if job.assessment else ():
        texts = [c["text"]["text"] if isinstance(c["text"], Mapping) else c["text"] for c in row.controls]
        known = found.setdefault(view.said.word("hazard", row.hazard), [])
        known += [text for text in texts if text not in known]
    return list(found.items())


def _question(n: int, topic: Mapping[str, Any]) -> Question:
    asked = topic["question"]
    answers = tuple((one, asked[f"answer_{one}"]) for one in ("a", "b", "c") if asked.get(f"answer_{one}"))
    return Question(n, PART_OF[topic["topic"]], asked["ask"], answers, asked["right_answer"])


def _acknowledged_before(view: View, records: Sequence[Mapping[str, Any]], version: int) -> int:
    """The latest earlier version that this person acknowledged; 0: none, or the current one is acknowledged too."""
    said = [
        event["data"]["version"]
        for record in records
        for event in record["body"]["events"]
        if event["type"] == "briefing.acknowledged" and record["body"]["client"].get("actor") == view.person_id
    ]
    return 0 if version in said else max((one for one in said if one < version), default=0)


def _changes(before: Mapping[str, Any], lang: str, topics: Sequence[Mapping[str, Any]]) -> list[Change]:
    """Topic by topic, whole texts: what was said then, and what is said now."""
    old: dict[str, list[str]] = {}
    new: dict[str, list[str]] = {}
    for side, said in ((old, before.get(lang, [])), (new, topics)):
        for one in said:
            side.setdefault(one["topic"], []).append(one["text"])
    return [
        Change(topic, "\n".join(old.get(topic, [])), "\n".join(new.get(topic, [])))
        for topic in dict.fromkeys([*new, *old])
        if old.get(topic) != new.get(topic)
    ]
