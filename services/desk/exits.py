"""How a command ends: six exit codes, and the one error that a person is shown as a single line."""

from __future__ import annotations

OK = 0
BROKEN = 1
USAGE = 2  # used wrongly, or what it needs is taken: locked log, port in use, missing Java
NOT_FOUND = 3
REFUSED = 4
UNVERIFIED = 5

#: What a shell reports for a program ended by Ctrl-C; not one of ours, but no failure either.
INTERRUPTED = 130


class Fault(Exception):
    """Something foreseeable went wrong. The message is one clear line, without a traceback."""

    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def usage(message: str) -> Fault:
    return Fault(USAGE, message)


def not_found(message: str) -> Fault:
    return Fault(NOT_FOUND, message)


def refused(message: str) -> Fault:
    return Fault(REFUSED, message)


def broken(message: str) -> Fault:
    return Fault(BROKEN, message)


def unverified(message: str) -> Fault:
    return Fault(UNVERIFIED, message)
