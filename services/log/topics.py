"""The topics (read from deploy/kafka/topics.toml) and where a site's records go."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

COMMANDS, OUTCOMES, DEAD_LETTERS, TELEMETRY = "commands", "outcomes", "dead_letters", "telemetry"
SECONDS_A_DAY = 86_400
ANY_WRITER = "*"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `retention_s` is in seconds, None keeps for ever."""

    name: str
    retention_s: int | None
    timestamp: Literal["LogAppendTime", "CreateTime"]
    writer: str

    @property
    def kept_for_ever(self) -> bool:
        return self.retention_s is None


def _read() -> tuple[dict[str, int], dict[str, Topic]]:
    source = tomllib.loads(files("deploy.kafka").joinpath("topics.toml").read_text("utf-8"))
    topics = {}
    for name, row in source["topics"].items():
        if row["timestamp"] not in ("LogAppendTime", "CreateTime"):
            raise ValueError(f"topics.toml: {name}: unknown timestamp {row['timestamp']!r}")
        days = row["retention_days"]
        topics[name] = Topic(name, None if days < 0 else days * SECONDS_A_DAY, row["timestamp"], row["writer"])
    return dict(source["partitions"]), topics


PARTITIONS: Mapping[str, int]  # by the scheme of the log's URL: {"sqlite": 8, "kafka": 32}
TOPICS: Mapping[str, Topic]
PARTITIONS, TOPICS = _read()


def partition_of(site_id: str, count: int) -> int:
    """The partition of a site among `count`: first 4 bytes of SHA-256(site_id) mod count, on both logs, all topics."""
    return int.from_bytes(hashlib.sha256(site_id.encode()).digest()[:4], "big") % count
