"""Step 3, briefing 安全交底: what was said, in which languages, and who acknowledged which version."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from schemas import limits, words
from schemas.commands.base import Payload, of_job
from schemas.fields import (
    Int,
    LangTag,
    Line,
    Many,
    MapOf,
    OneOf,
    OneOfInt,
    Paragraph,
    Part,
    Sha256,
    Strict,
    permit_list,
    text,
)


class ReadBack(Strict):
    """A short question that asks what to *do*; who answers wrong reads the part again."""

    ask = Line()
    answer_a = Line()
    answer_b = Line()
    answer_c = Line(optional=True)
    right_answer = OneOf(words.READ_BACK_ANSWERS)

    @validates_schema
    def the_right_answer_is_one_of_them(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("right_answer") == "c" and "answer_c" not in data:
            raise ValidationError("It is none of the answers.", "right_answer")


class BriefingTopic(Strict):
    topic = OneOf(words.BRIEFING_TOPICS)
    text = Paragraph()
    question = Part(ReadBack, optional=True)


@of_job("give_briefing")
class GiveBriefing(Payload):
    place = Line()
    contents = MapOf(
        LangTag(),
        Many(Part(BriefingTopic), limits.BRIEFING_TOPICS_MAX, low=1),
        limits.BRIEFING_LANGUAGES_MAX,
        low=1,
    )


class Answered(Strict):
    """What was answered first to the question of a topic, counted from 0 in the language that was read."""

    topic = Int(0, limits.BRIEFING_TOPICS_MAX - 1)
    chosen = OneOf(words.READ_BACK_ANSWERS)


@of_job("acknowledge_briefing")
class AcknowledgeBriefing(Payload):
    """score: per cent of the questions that were answered right at the first try."""

    version = Int(1, limits.EXPECTED_VERSION_MAX)
    content_sha256 = Sha256()
    lang = LangTag()
    score = Int(0, limits.SCORE_PERCENT_MAX, optional=True)
    answers = Many(Part(Answered), limits.BRIEFING_TOPICS_MAX, optional=True)


@of_job("brief")
class Brief(Payload):
    permits = permit_list()


@of_job("send_back")
class SendBack(Payload):
    to_step = OneOfInt(words.STEPS_TO_SEND_BACK_TO)
    reason = text()


@of_job("withdraw_job")
class WithdrawJob(Payload):
    reason = text()
