"""What became of a command: its outcome, or the dead letter it ended as."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.register import schema
from services.seven_steps import site_time

NOT_DECIDED, DEAD_LETTER = "not_decided", "dead_letter"
#: The reason of dead letters that may be sent again with the same id.
SITE_HALTED = "site_halted"

Row = dict[str, Any]

# Asked at every command: made once, since making a statement costs more than running it.
SITE_SEQ = select(schema.SITES.c.site_seq).where(schema.SITES.c.site_id == bindparam("site_id"))
SHA256_OF = (
    select(schema.ANSWERS.c.command_sha256)
    .where(schema.ANSWERS.c.command_id == bindparam("command_id"))
    .order_by(schema.ANSWERS.c.site_id)
)
OUTCOME_OF = (
    select(schema.OUTCOMES)
    .join(
        schema.ANSWERS,
        (schema.ANSWERS.c.site_id == schema.OUTCOMES.c.site_id)
        & (schema.ANSWERS.c.site_seq == schema.OUTCOMES.c.site_seq),
    )
    .where(schema.ANSWERS.c.command_id == bindparam("command_id"))
    .order_by(schema.OUTCOMES.c.appended_at, schema.OUTCOMES.c.site_id)
    .limit(1)
)
_JOB_NO = select(schema.JOBS.c.job_no).where(
    schema.JOBS.c.site_id == bindparam("site_id"), schema.JOBS.c.job_id == bindparam("id")
)
_PERMIT_NO = select(schema.PERMITS.c.permit_no).where(
    schema.PERMITS.c.site_id == bindparam("site_id"), schema.PERMITS.c.permit_id == bindparam("id")
)


def decided(connection: Connection, row: Any) -> Row:
    found = dict(row._mapping)
    body = found["body"] = json.loads(found["body"])
    for event in body["events"]:  # a command that made a job or ticket may name it only in its event
        found["job_id"] = found["job_id"] or event["data"].get("job_id")
        found["permit_id"] = found["permit_id"] or event["data"].get("permit_id")
    for name, query in (("job", _JOB_NO), ("permit", _PERMIT_NO)):
        known = {"site_id": row.site_id, "id": found[f"{name}_id"]}
        found[f"{name}_no"] = connection.execute(query, known).scalar() if known["id"] else None
    return found


def undecided(connection: Connection, command_id: str, after: datetime | None) -> Row | None:
    table = schema.DEAD_LETTERS
    newest_first = (
        select(table)
        .where(table.c.command_id == command_id)
        .order_by(table.c.appended_at.desc(), table.c.at_offset.desc())
    )
    letters = [dict(row._mapping) for row in connection.execute(newest_first)]
    if after is not None:
        letters = [letter for letter in letters if site_time.parse(letter["appended_at"]) >= after]
    if not letters:
        return None
    letter = letters[0]
    verdict = NOT_DECIDED if letter["reason"] == SITE_HALTED else DEAD_LETTER
    return {key: letter[key] for key in ("command_id", "site_id", "reason", "detail", "appended_at")} | {
        "verdict": verdict
    }
