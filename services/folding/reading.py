"""The body of an outcome: from stored bytes to what the core applies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from services.log.records import BodyMismatch, Envelope, body_of, record_hash
from services.rulebook import BadPack, rulebook
from services.seven_steps import fold as core
from services.seven_steps.board import Board

VERDICTS = frozenset({"accepted", "refused"})


class CannotRead(ValueError):
    """The body of a right link does not decode, is of an unknown version, or can't be applied: its site is halted."""


def read_body(body: bytes) -> dict[str, Any]:
    """The body as a JSON value. Raises CannotRead for anything that is no JSON object without fractions."""
    try:
        found = json.loads(body, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise CannotRead("the body is not JSON") from error
    if not isinstance(found, dict):
        raise CannotRead("the body is not an object")
    return found


def apply_value(board: Board, envelope: Envelope, value: bytes) -> tuple[Board, Mapping[str, Any]]:
    """The board after a stored outcome that is the next link, and the outcome's body. Raises CannotRead."""
    try:
        body = read_body(body_of(envelope, value))
        applied = core.from_body(envelope.site_seq, record_hash(value), envelope.decided_at, body)
        if applied.verdict not in VERDICTS:
            raise CannotRead(f"the verdict {applied.verdict!r} is unknown")
        after = core.apply(board, applied)
        if after.site is not None and (board.site is None or board.site.packs != after.site.packs):
            rulebook(after.site.packs)  # what a site can't be judged by, it is not applied by
        return after, body
    except BadPack as error:
        raise CannotRead(f"rule packs: {error}") from error
    except (BodyMismatch, core.CannotApply) as error:
        raise CannotRead(str(error)) from error
    except (AttributeError, TypeError, KeyError) as error:  # a body whose parts have other shapes than version 1's
        raise CannotRead(f"{type(error).__name__}: {error}") from error


def _no_float(text: str) -> Any:
    raise ValueError(f"{text} is not an integer")
