"""Codes that are not gates: a closed list (design: four kinds of error, no fifth)."""

from __future__ import annotations

WRONG_STATE = "wrong_state"
TOO_LATE = "too_late"
VERSION_CONFLICT = "version_conflict"
COMMAND_ID_REUSED = "command_id_reused"
UNKNOWN_COMMAND_VERSION = "unknown_command_version"
DOCUMENT_MISSING = "document_missing"
LIMIT_REACHED = "limit_reached"
NOT_ALLOWED = "not_allowed"

#: The refusal codes besides gate ids, in the order in which `decide` asks for them.
REFUSALS = (
    UNKNOWN_COMMAND_VERSION,
    COMMAND_ID_REUSED,
    DOCUMENT_MISSING,
    NOT_ALLOWED,
    TOO_LATE,
    VERSION_CONFLICT,
    LIMIT_REACHED,
    WRONG_STATE,
)

#: AQ 3064.2-2025 table A.4; codes above 90 and 06-09 are local because the table has none.
ALARMS = {
    "01": "no gas test before work",
    "02": "gas test to start too long",
    "03": "interruption too long without a test",
    "04": "no test on this day",
    "05": "two-hourly record of a confined space overdue",
    "06": "gas value out of limits (local)",
    "07": "guardian out of the fence (local)",
    "10": "ticket overtime",
    "20": "one ticket for putting in and taking out a blind",
    "30": "approver not on site",
    "31": "guardian left",
    "40": "hot work not upgraded on a holiday",
    "41": "hot work not upgraded on a rest day",
    "42": "hot work not upgraded at night",
    "43": "hot work not upgraded in a special period",
    "50": "no certificate",
    "51": "certificate expired",
    "52": "certificate of another person",
    "60": "no ticket",
    "61": "linked tickets incomplete",
    "62": "linked tickets not linked",
    "70": "no briefing",
    "80": "no risk analysis",
    "90": "measures not confirmed",
    "91": "approval node overdue (local)",
    "92": "entry without permission (local)",
    "93": "fire watch over, not ended (local)",
    "94": "emergency declared (local)",
    "95": "work stopped (local)",
    "96": "document could not be sealed (local)",
    "97": "continuous gas detection lost (local)",
    "98": "video of the work lost (local)",
    "99": "critical finding of an audit (local)",
}
