"""Step 3, briefing 安全交底: what was said, in which languages, and who acknowledged which version."""

from __future__ import annotations

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


class BriefingTopic(Strict):
    topic = OneOf(words.BRIEFING_TOPICS)
    text = Paragraph()


@of_job("give_briefing")
class GiveBriefing(Payload):
    place = Line()
    contents = MapOf(
        LangTag(),
        Many(Part(BriefingTopic), limits.BRIEFING_TOPICS_MAX, low=1),
        limits.BRIEFING_LANGUAGES_MAX,
        low=1,
    )


@of_job("acknowledge_briefing")
class AcknowledgeBriefing(Payload):
    version = Int(1, limits.EXPECTED_VERSION_MAX)
    content_sha256 = Sha256()
    lang = LangTag()
    score = Int(0, limits.SCORE_PERCENT_MAX, optional=True)


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
