"""Commands that only services send: the timekeeper, the sealer and the watcher."""

from __future__ import annotations

from schemas import limits, words
from schemas.commands.base import OPTIONAL, Payload, of_job, of_permit
from schemas.commands.step4_site_survey import GasNamed
from schemas.fields import Dec, Ident, Int, OneOf, Sha256


@of_permit("expire_ticket")
class ExpireTicket(Payload):
    pass


@of_permit("enforce_standing")
class EnforceStanding(Payload):
    """A gate that must hold while work runs is shut: the decider looks again and suspends."""


@of_job("record_seal", permit=OPTIONAL)
class RecordSeal(Payload):
    """`records_to`: the document carries the job's records up to this number."""

    kind = OneOf(words.SEAL_KINDS)
    sha256 = Sha256()
    level = OneOf(words.SEAL_LEVELS)
    records_to = Int(1, limits.INTEGER_MAX)


@of_permit("record_signal")
class RecordSignal(Payload):
    """A stream is alive or lost. When it was last seen is the command's captured time."""

    kind = OneOf(words.SIGNAL_KINDS)
    about = Ident()  # the instrument, the recorder or the person
    state = OneOf(words.SIGNAL_STATES)
    why = OneOf(words.SIGNAL_LOSSES, optional=True)


@of_permit("record_gas_segment")
class RecordGasSegment(Payload, GasNamed):
    """The record of a continuous stream: extremes, number of values, SHA-256 of the raw segment."""

    instrument_id = Ident()
    min = Dec("0", words.UNIT_MAX[words.MG_PER_M3])
    max = Dec("0", words.UNIT_MAX[words.MG_PER_M3])
    values = Int(1, limits.SEGMENT_VALUES_MAX)
    segment_sha256 = Sha256()
