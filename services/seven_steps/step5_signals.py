"""Step 5, what the watcher makes of telemetry: signals alive and lost, and records of continuous gas detection.

Only these facts are evidence; the stream itself stays on `telemetry` (design: telemetry is not a command).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.seven_steps import roles, signals
from services.seven_steps.board import Board
from services.seven_steps.board_ticket import GasSegment, Permit, Signal
from services.seven_steps.command import Interval
from services.seven_steps.event import (
    at,
    change_permit,
    event,
    interval_json,
    interval_of,
    permit_of,
    put,
)
from services.seven_steps.gate import Case
from services.seven_steps.spec import PERMIT, RECORD, CommandSpec, Decision
from services.seven_steps.step4_site_survey import tested

Data = Mapping[str, Any]

# ---- decide --------------------------------------------------------------------------------------------------------


def record_signal(case: Case) -> Decision:
    """A signal's loss is a fact; where it shuts a gate that must hold while work runs, that stops the work."""
    return (event(case, "signal.recorded", **case.command.payload, seen=interval_json(case.command.captured)),)


def record_gas_segment(case: Case) -> Decision:
    """The record of a continuous stream: minimum, maximum, and the hash of its raw values.

    Each is judged as a reading at the end of the segment. For oxygen both count, for all else the maximum: a value that
    was bad at any moment of the segment is bad, and stops the work as a bad spot reading does (AQ 3064.2-2025 5.9.3).
    """
    payload = case.command.payload
    stem = {name: payload[name] for name in ("gas", "point", "unit", "lel", "calibration_gas") if name in payload}
    extremes = [payload["max"]] if payload["min"] == payload["max"] else [payload["max"], payload["min"]]
    kind = case.rules.gas(payload["gas"])
    judged = extremes if kind is not None and kind.kind == "oxygen" else extremes[:1]
    readings = [stem | {"value": value} for value in judged]
    segment = event(case, "gas.segment_recorded", **payload, at=interval_json(case.command.captured))
    return (segment, *tested(case, payload["instrument_id"], case.actor, case.command.captured, readings))


# ---- evolve --------------------------------------------------------------------------------------------------------


def signal_recorded(board: Board, data: Data) -> Board:
    """Of unknown time it is no evidence that the stream is alive; that it is lost is taken as of now."""
    seen = interval_of(data["seen"])
    if seen is None and data["state"] == signals.ALIVE:
        return board
    seen = seen or Interval(at(board), at(board))
    signal = Signal(data["kind"], data["about"], data["state"], seen, board.seq, data.get("why", ""))
    return change_permit(board, data, signals=_newer(permit_of(board, data), signal))


def _newer(permit: Permit, signal: Signal) -> Mapping[str, Signal]:
    """An older word that comes later does not undo a newer one; of one moment, the loss stands."""
    name = signals.key(signal.kind, signal.about)
    before = permit.signals.get(name)
    if before is not None and _order(signal) < _order(before):
        return permit.signals
    return put(permit.signals, name, signal)


def _order(signal: Signal) -> tuple[Any, bool]:
    return signal.seen.latest, signal.state == signals.LOST


def gas_segment_recorded(board: Board, data: Data) -> Board:
    """The last of each stream stays on the board; the log has all."""
    segment = GasSegment(
        data["instrument_id"],
        data["gas"],
        data["point"],
        data["min"],
        data["max"],
        data["unit"],
        data["values"],
        data["segment_sha256"],
        interval_of(data["at"]),
        board.seq,
    )
    name = f"{data['instrument_id']}:{data['gas']}:{data['point']}"
    return change_permit(board, data, segments=put(permit_of(board, data).segments, name, segment))


APPLIERS = {
    ("signal.recorded", 1): signal_recorded,
    ("gas.segment_recorded", 1): gas_segment_recorded,
}

COMMANDS = (
    CommandSpec("record_signal", RECORD, frozenset({roles.SERVICE}), PERMIT, record_signal),
    CommandSpec("record_gas_segment", RECORD, frozenset({roles.SERVICE}), PERMIT, record_gas_segment),
)
