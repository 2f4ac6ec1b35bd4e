"""The tables of the read side. Each row is a function of the log alone, so that two registers of one log are equal.

Times are UTC ISO strings with `Z`; days are `YYYY-MM-DD` in the site's zone; JSON is text with sorted keys.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table, Text

METADATA = MetaData()

#: How far each partition is applied, and the hash of the last record seen there (a swapped log shows by it).
POSITIONS = Table(
    "positions",
    METADATA,
    Column("topic", String, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("last_sha256", String, nullable=False),
    Column("dropped", BigInteger, nullable=False),
)

#: Where each site's chain stands. `halted_*`: the record it could not apply; nothing later of that site is applied.
SITES = Table(
    "sites",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("partition", Integer, nullable=False),
    Column("site_seq", BigInteger, nullable=False),
    Column("head", String, nullable=False),
    Column("decided_at", String, nullable=False),
    Column("appended_at", String, nullable=False),
    Column("halted_offset", BigInteger),
    Column("halted_reason", Text),
)

#: Every outcome of the chains, as it stands on the log (`body` is its canonical body).
OUTCOMES = Table(
    "outcomes",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("site_seq", BigInteger, primary_key=True),
    Column("command_id", String, nullable=False),
    Column("command_sha256", String, nullable=False),
    Column("type", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("job_id", String),
    Column("permit_id", String),
    Column("verdict", String, nullable=False),
    Column("decided_at", String, nullable=False),
    Column("decided_at_real", String, nullable=False),
    Column("appended_at", String, nullable=False),
    Column("record_sha256", String, nullable=False),
    Column("body", Text, nullable=False),
)

#: The one answer to a command id, kept for ever; on each site the first outcome of an id stands.
ANSWERS = Table(
    "answers",
    METADATA,
    Column("command_id", String, primary_key=True),
    Column("site_id", String, primary_key=True),
    Column("site_seq", BigInteger, nullable=False),
    Column("command_sha256", String, nullable=False),
)

#: Which outcomes concern which job and ticket, also those that name neither (an emergency in its area).
#: `permit_id` is "" for what concerns the job as a whole.
TRAIL = Table(
    "trail",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("site_seq", BigInteger, primary_key=True),
    Column("job_id", String, primary_key=True),
    Column("permit_id", String, primary_key=True),
)
Index("trail_by_job", TRAIL.c.job_id)

#: The live board, one row for each entry of its mappings and each of its other fields, so that it can be made again.
#: `seq`: the record that last changed it. (`born_seq`, `born_nr`): its place among the entries.
BOARD_PARTS = Table(
    "board_parts",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("part", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("json", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("born_seq", BigInteger, nullable=False),
    Column("born_nr", Integer, nullable=False),
)
Index("board_parts_by_seq", BOARD_PARTS.c.site_id, BOARD_PARTS.c.seq)

#: Entries that left the board, and with which record: a reader with an older board takes them out.
BOARD_GONE = Table(
    "board_gone",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("part", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
Index("board_gone_by_seq", BOARD_GONE.c.site_id, BOARD_GONE.c.seq)

#: The board's command ids (its field `seen`), of which there may be very many.
SEEN = Table(
    "seen",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("scope", String, primary_key=True),  # "" or the job_id
    Column("command_id", String, primary_key=True),
    Column("json", Text, nullable=False),
    Column("born_seq", BigInteger, nullable=False),
    Column("born_nr", Integer, nullable=False),
)

#: One row a job, for ever. `json` is the job as it was when it left the board; null while it is live.
JOBS = Table(
    "jobs",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("job_id", String, primary_key=True),
    Column("job_no", String, nullable=False, index=True),
    Column("state", String, nullable=False),
    Column("title", Text, nullable=False),
    Column("area_id", String, nullable=False, index=True),
    Column("place", Text, nullable=False),
    Column("equipment_tag", String, nullable=False, index=True),
    Column("work_lead", String, nullable=False),
    Column("applicant", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("stopped", Boolean, nullable=False),
    Column("planned_day", String, index=True),
    Column("created_at", String, nullable=False),
    Column("created_day", String, nullable=False, index=True),
    Column("closed_at", String),
    Column("seq", BigInteger, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("json", Text),
)
Index("jobs_by_id", JOBS.c.job_id)
Index("jobs_live", JOBS.c.site_id, JOBS.c.live)

#: One row a ticket, for ever; `json` as for jobs.
PERMITS = Table(
    "permits",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("permit_id", String, primary_key=True),
    Column("job_id", String, nullable=False, index=True),
    Column("permit_no", String, nullable=False, index=True),
    Column("type", String, nullable=False),
    Column("level", String, nullable=False),
    Column("state", String, nullable=False),
    Column("area_id", String, nullable=False, index=True),
    Column("place", Text, nullable=False),
    Column("equipment_tag", String, nullable=False, index=True),
    Column("planned_from", String, nullable=False),
    Column("planned_to", String, nullable=False),
    Column("day_from", String, nullable=False),
    Column("day_to", String, nullable=False),
    Column("issued_at", String),
    Column("valid_from", String),
    Column("valid_to", String),
    Column("stopped_at", String),
    Column("causes", String, nullable=False),  # of suspension, not cleared, with blanks between
    Column("inside", Integer, nullable=False),  # people in it now
    Column("seq", BigInteger, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("json", Text),
)
Index("permits_by_id", PERMITS.c.permit_id)
Index("permits_live", PERMITS.c.site_id, PERMITS.c.live)
Index("permits_by_day", PERMITS.c.site_id, PERMITS.c.day_from, PERMITS.c.day_to)

#: Who ever had a part in a job or ticket ("" for the job as a whole), as what.
INVOLVED = Table(
    "involved",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("person_id", String, primary_key=True),
    Column("job_id", String, primary_key=True),
    Column("permit_id", String, primary_key=True),
    Column("part", String, primary_key=True),
)

#: Alarms, for ever. `live`: on the board still.
ALARMS = Table(
    "alarms",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("alarm_id", String, primary_key=True),
    Column("code", String, nullable=False),
    Column("job_id", String, index=True),
    Column("permit_id", String),
    Column("state", String, nullable=False),  # open, acknowledged, closed
    Column("raised_at", String, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("live", Boolean, nullable=False),
    Column("json", Text, nullable=False),
)

#: Which record names which document, for which job: who may see the job may see the document.
DOCUMENTS = Table(
    "documents",
    METADATA,
    Column("sha256", String, primary_key=True),
    Column("site_id", String, primary_key=True),
    Column("site_seq", BigInteger, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("job_id", String, index=True),
    Column("permit_id", String),
    Column("accepted", Boolean, nullable=False),
    Column("named_at", String, nullable=False),
)

#: Commands that have no outcome, and why.
DEAD_LETTERS = Table(
    "dead_letters",
    METADATA,
    Column("partition", Integer, primary_key=True),
    Column("at_offset", BigInteger, primary_key=True),
    Column("command_id", String, index=True),
    Column("site_id", String),
    Column("reason", String, nullable=False),
    Column("detail", Text, nullable=False),
    Column("appended_at", String, nullable=False),
)

#: Heads this register had reached before it was dropped: a log that no longer holds them has lost a record.
VOUCHED = Table(
    "vouched",
    METADATA,
    Column("site_id", String, primary_key=True),
    Column("site_seq", BigInteger, nullable=False),
    Column("head", String, nullable=False),
)

#: Which fold made these tables: one row. Boards of another version are not readable, so the register starts anew.
MADE_BY = Table(
    "made_by",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("fold_version", Integer, nullable=False),
)

#: What `rebuild` drops and `check` compares; VOUCHED and MADE_BY outlive both.
PROJECTED = tuple(table for table in METADATA.sorted_tables if table not in (VOUCHED, MADE_BY))
