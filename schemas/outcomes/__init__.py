"""Outcomes on the wire: envelope, body, and one schema an event (type, version)."""

from schemas.outcomes.body import BodyV1, EnvelopeV1
from schemas.outcomes.events import EVENTS

__all__ = ["EVENTS", "BodyV1", "EnvelopeV1"]
