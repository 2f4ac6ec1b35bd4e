"""Step 7, review 总结反馈: actions, lessons, the close; audits and purges."""

from __future__ import annotations

from schemas import limits, words
from schemas.commands.base import OPTIONAL, Payload, command, of_job
from schemas.fields import Day, Ident, Instant, Int, Line, Many, OneOf, Part, Strict, Uuid, Word, text


@of_job("record_action")
class RecordAction(Payload):
    action_id = Ident()
    what = text()
    owner = Ident()
    due = Day()


@of_job("close_action")
class CloseAction(Payload):
    action_id = Ident()
    result = text()


@of_job("review")
class Review(Payload):
    lessons = text()
    deviations = text(optional=True)
    feedback = text(optional=True)


@of_job("close_job")
class CloseJob(Payload):
    pass


@command("propose_lesson", job=OPTIONAL)
class ProposeLesson(Payload):
    """What it leaves open (types, areas, equipment) fits everything."""

    what = text()
    tags = Many(Word(), limits.TAGS_OF_LESSON_MAX, unique=True, optional=True)
    types = Many(OneOf(words.PERMIT_TYPES), limits.TYPES_OF_LESSON_MAX, unique=True, optional=True)
    areas = Many(Ident(), limits.PLACES_OF_LESSON_MAX, unique=True, optional=True)
    equipment = Many(Line(), limits.PLACES_OF_LESSON_MAX, unique=True, optional=True)


@command("publish_lesson")
class PublishLesson(Payload):
    lesson_id = Ident()


@command("withdraw_lesson")
class WithdrawLesson(Payload):
    lesson_id = Ident()
    reason = text()


@command("draw_audit_sample")
class DrawAuditSample(Payload):
    """The sample: the `size` jobs whose SHA-256 of seed, line feed and job id comes first."""

    seed = Line()
    size = Int(1, limits.AUDIT_SAMPLE_MAX)
    of = OneOf(words.AUDITED)
    type = OneOf(words.PERMIT_TYPES, optional=True)
    area_id = Ident(optional=True)


class Finding(Strict):
    item = Line()
    severity = OneOf(words.SEVERITIES)
    what = text()


class AuditFinding(Finding):
    """Without `permit_id` it is about the whole job."""

    permit_id = Uuid(optional=True)


@command("record_audit_result")
class RecordAuditResult(Payload):
    """One job of the sample; no findings: it is as it should be."""

    audit_id = Ident()
    job_id = Uuid()
    findings = Many(Part(AuditFinding), limits.FINDINGS_OF_RESULT_MAX)
    note = text(optional=True)


@command("answer_audit_finding")
class AnswerAuditFinding(Payload):
    audit_id = Ident()
    finding_id = Ident()
    result = text()


@command("close_audit")
class CloseAudit(Payload):
    audit_id = Ident()
    conclusion = text()


@command("purge")
class Purge(Payload):
    """The files (or videos) of every job closed until then."""

    what = OneOf(words.PURGED)
    closed_to = Instant()
