"""What can go wrong with the log, each with one clear line as its message.

Two families matter to a caller of `append`: `AppendRefused` (nothing was recorded, the same id is safe to send again:
HTTP 503) and `AppendUnknown` (the log took it, or may have: HTTP 202, never sent again under another id).
"""

from __future__ import annotations


class LogError(Exception):
    """Any trouble with the log. Its text is one line for a person."""


class LogLocked(LogError):
    """Another process writes this log file (exit code 2)."""


class LogUnusable(LogError):
    """The log can't be opened as it is: network file system, wrong partition count, incomplete copy, not a log."""


class LogIncomplete(LogUnusable):
    """Records that were acknowledged are missing from the file (copied without its WAL, or the WAL was deleted)."""


class LogUnavailable(LogError):
    """The log can't be reached or read now; it may be later."""


class AppendRefused(LogError):
    """The append failed and nothing was recorded."""


class LogFull(AppendRefused):
    """The disk, or the size set for the log, is full. Nothing was recorded."""


class RecordTooLarge(AppendRefused):
    """The record is over RECORD_LIMIT bytes. Nothing was recorded."""


class AppendUnknown(LogError):
    """The send failed at a point where the log may or may not hold the record."""


class PartitionHalted(LogError):
    """The partition has a gap in its offsets, or starts above offset 0 although nothing may be removed from it."""

    def __init__(self, topic: str, partition: int, expected: int, found: int) -> None:
        self.topic, self.partition, self.expected, self.found = topic, partition, expected, found
        super().__init__(f"{topic}/{partition} is halted: offset {expected} was expected, {found} was found")


class TopicsWrong(LogError):
    """The topics on the log are not those of topics.toml; `problems` lists each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))
