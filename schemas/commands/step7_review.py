"""Step 7, review 总结反馈: actions, lessons, the close."""

from __future__ import annotations

from schemas.commands.base import Payload, of_job
from schemas.fields import Day, Ident, text


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
