"""What was last said of the streams that watch a ticket: gas, video, positions, heartbeats (GB 30871-2022 5.2.11,
5.3.1 d, 6.5; AQ 3064.3-2025 7).

A stream is alive only while somebody keeps saying so: the watcher renews the fact, and a gate compares its age with its
own `now`. So a dead watcher shuts gates; it never opens one.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from services.seven_steps import site_time
from services.seven_steps.board_ticket import GuardianDuty, Permit, Signal
from services.seven_steps.gate import Case

GAS_STREAM, VIDEO, POSITION, HEARTBEAT = "gas_stream", "video", "position", "heartbeat"
KINDS = (GAS_STREAM, VIDEO, POSITION, HEARTBEAT)
#: What tells that a person is there.
OF_PERSONS = (POSITION, HEARTBEAT)
ALIVE, LOST = "alive", "lost"
#: Facts of a ticket that say: material may be released while the work goes on (GB 30871-2022 5.2.6).
RELEASE = "material_may_be_released"


def key(kind: str, about: str) -> str:
    return f"{kind}:{about}"


def of_kind(permit: Permit, *kinds: str) -> tuple[Signal, ...]:
    return tuple(signal for signal in permit.signals.values() if signal.kind in kinds)


def age(signal: Signal, now: datetime) -> timedelta:
    """Freshness uses the earliest moment at which it may last have been seen (design: clocks)."""
    return now - signal.seen.earliest


def is_alive(case: Case, signal: Signal) -> bool:
    """Said to be alive, and seen within the policy's age, that age included."""
    oldest = case.rules.duration("signal_age_max", case.board)
    return signal.state == ALIVE and age(signal, case.now) <= oldest


def live_gas_streams(case: Case) -> tuple[Signal, ...]:
    """Streams of instruments that are registered, in service and in calibration today."""
    assert case.permit is not None
    return tuple(s for s in of_kind(case.permit, GAS_STREAM) if is_alive(case, s) and in_order(case, s.about))


def in_order(case: Case, instrument_id: str) -> bool:
    instrument = case.board.instruments.get(instrument_id)
    today = site_time.site_day(case.board, case.now)
    return instrument is not None and instrument.in_service and today <= instrument.calibration_due


def live_video(case: Case) -> tuple[Signal, ...]:
    """Recordings of recorders that are registered as explosion-proof and in service (5.2.11)."""
    assert case.permit is not None
    recorders = case.board.recorders
    return tuple(
        s
        for s in of_kind(case.permit, VIDEO)
        if is_alive(case, s) and (r := recorders.get(s.about)) is not None and r.ex_proof and r.in_service
    )


def is_away(case: Case, duty: GuardianDuty) -> bool:
    """A signal of this guardian, newer than their own word, was lost or is not renewed.

    Who says again to be there, after the signal was last seen, is there by their own word: a handheld may be empty.
    """
    assert case.permit is not None
    return any(
        not is_alive(case, signal)
        for signal in of_kind(case.permit, *OF_PERSONS)
        if signal.about == duty.person_id and signal.seen.latest >= duty.since
    )
