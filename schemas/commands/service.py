"""Commands that only services send: the timekeeper and the sealer."""

from __future__ import annotations

from schemas import limits, words
from schemas.commands.base import OPTIONAL, Payload, of_job, of_permit
from schemas.fields import Int, OneOf, Sha256


@of_permit("expire_ticket")
class ExpireTicket(Payload):
    pass


@of_job("record_seal", permit=OPTIONAL)
class RecordSeal(Payload):
    """`records_to`: the document carries the job's records up to this number."""

    kind = OneOf(words.SEAL_KINDS)
    sha256 = Sha256()
    level = OneOf(words.SEAL_LEVELS)
    records_to = Int(1, limits.INTEGER_MAX)
