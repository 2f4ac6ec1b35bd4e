"""The log: the one safe way to write and read it, on SQLite and on Kafka.

log = open_log("sqlite:///var/lib/sevengates/log.db")      # or kafka://host:9092; LogLocked, LogUnusable
receipt = await log.append("commands", site_id, value)     # durable when it returns
records = await log.read("outcomes", partition, offset)
async for batch in log.tail("outcomes", [0, 1], {0: 17}): ...   # list[Record] of one partition
await log.close()

app = make_app("decider", log_url, slot=0)
consume(app, "commands", handle_batch, on_assigned=..., on_revoked=...)
sys.exit(run(app, gateway_service))
"""

from services.log.chain import GENESIS, START, TIME_FENCE, Classified, Head, Link, classify, follow, in_time
from services.log.dead_letters import DeadLetter, dead_letter, read_dead_letter
from services.log.errors import (
    AppendRefused,
    AppendUnknown,
    LogError,
    LogFull,
    LogIncomplete,
    LogLocked,
    LogUnavailable,
    LogUnusable,
    PartitionHalted,
    RecordTooLarge,
    TopicsWrong,
)
from services.log.interface import READ_LIMIT, Log, TopicsReport
from services.log.records import (
    RECORD_LIMIT,
    Appended,
    BodyMismatch,
    Envelope,
    Record,
    UnreadableEnvelope,
    body_of,
    make_outcome,
    read_envelope,
    record_hash,
)
from services.log.topics import COMMANDS, DEAD_LETTERS, OUTCOMES, PARTITIONS, TELEMETRY, TOPICS, Topic, partition_of


def open_log(url: str, *, read_only: bool = False) -> Log:
    """Open the log behind a URL (`sqlite:///abs/path.db`, `kafka://host:port`); the same object for the same URL.

    `read_only` opens a SQLite log beside the process that writes it (verify, replay --check). Raises LogLocked or
    LogUnusable. Call it, and use it, in one event loop.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "sqlite":
        from services.log.sqlite_log import SqliteLog

        return SqliteLog.open(url, read_only=read_only)
    if scheme == "kafka" and rest:
        from services.log.kafka_log import KafkaLog

        return KafkaLog.open(url)
    raise LogUnusable(f"{url!r} is no log: give sqlite:///absolute/path.db or kafka://host:port")


def __getattr__(name: str) -> object:
    # Faust takes most of a second to import: whoever only reads the log does not pay for it.
    if name in ("make_app", "consume", "run", "Consumption", "LogApp"):
        from services.log import app

        return getattr(app, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "COMMANDS",
    "DEAD_LETTERS",
    "GENESIS",
    "OUTCOMES",
    "PARTITIONS",
    "READ_LIMIT",
    "RECORD_LIMIT",
    "START",
    "TELEMETRY",
    "TIME_FENCE",
    "TOPICS",
    "AppendRefused",
    "AppendUnknown",
    "Appended",
    "BodyMismatch",
    "Classified",
    "DeadLetter",
    "Envelope",
    "Head",
    "Link",
    "Log",
    "LogError",
    "LogFull",
    "LogIncomplete",
    "LogLocked",
    "LogUnavailable",
    "LogUnusable",
    "PartitionHalted",
    "Record",
    "RecordTooLarge",
    "Topic",
    "TopicsReport",
    "TopicsWrong",
    "UnreadableEnvelope",
    "body_of",
    "classify",
    "dead_letter",
    "follow",
    "in_time",
    "make_outcome",
    "open_log",
    "partition_of",
    "read_dead_letter",
    "read_envelope",
    "record_hash",
]
