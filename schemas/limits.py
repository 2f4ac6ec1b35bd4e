"""Every limit of the wire, by name. Units stand last in the name; `_chars` counts Unicode code points.

A test stands on both sides of each. Where no source is named the number is ours: wide enough for real work, small
enough that one outcome (which repeats the command and adds what was derived) stays below RECORD_BYTES_MAX.
"""

from __future__ import annotations

# ---- bytes and shape of JSON ---------------------------------------------------------------------------------------
RECORD_BYTES_MAX = 256 * 1024  # one record of the log (design: one record stays small whatever the site)
COMMAND_BYTES_MAX = 64 * 1024  # the outcome repeats the payload in its events: two copies and the refusals fit a record
JSON_DEPTH_MAX = 12
JSON_NODES_MAX = 20_000
INTEGER_MAX = 2**53 - 1  # RFC 8785: integers that every JSON reader holds exactly
DOCUMENT_BYTES_MAX = 20 * 1024 * 1024

# ---- strings -------------------------------------------------------------------------------------------------------
ID_CHARS_MAX = 64
WORD_CHARS_MAX = 64  # a trade, a unit, a gas, a point, a lock number
LINE_CHARS_MAX = 200  # one line: a place, a name, an equipment tag with words
TEXT_CHARS_MAX = 4_000  # a paragraph that somebody wrote
PUSH_ENDPOINT_CHARS_MAX = 1_024
LONG_TEXT_CHARS_MAX = 8_000  # a method statement, an emergency plan
DECIMAL_CHARS_MAX = 16

# ---- lists ---------------------------------------------------------------------------------------------------------
CREW_MAX = 50
READINGS_MAX = 100
PERMITS_OF_COMMAND_MAX = 20
RISK_ROWS_MAX = 60
CONTROLS_OF_ROW_MAX = 20
PARTICIPANTS_MAX = 50
MEASURES_MAX = 60
DOCUMENTS_OF_PLAN_MAX = 20
ISOLATIONS_OF_PLAN_MAX = 100
GASES_OF_PLAN_MAX = 20
POINTS_OF_PLAN_MAX = 20
BRIEFING_LANGUAGES_MAX = 6
BRIEFING_TOPICS_MAX = 30
EQUIPMENT_ITEMS_MAX = 20
TOOLS_MAX = 50
ROLES_OF_PERSON_MAX = 20
TRADES_OF_PERSON_MAX = 30
OWNERS_OF_SERVICE_MAX = 20
GASES_OF_INSTRUMENT_MAX = 20
RELATED_PERMITS_MAX = 20
LESSON_ANSWERS_MAX = 200
TAGS_OF_LESSON_MAX = 20
TYPES_OF_LESSON_MAX = 20
PLACES_OF_LESSON_MAX = 50
AUDIT_SAMPLE_MAX = 50
ALERTS_SHOWN_MAX = 50  # of one request
FINDINGS_OF_RESULT_MAX = 50
CALENDAR_DAYS_MAX = 800
SPECIAL_PERIODS_MAX = 50
SHIFTS_MAX = 1_000
POLICIES_MAX = 100
PACKS_MAX = 10
DECKS_MAX = 30
PLAN_DRAFT_CHARS_MAX = 6_000  # of JSON in an address: a crew of fifty, in a request line of 16 KiB

# ---- numbers -------------------------------------------------------------------------------------------------------
EXPECTED_VERSION_MAX = 1_000_000
ELAPSED_MS_MAX = 90 * 24 * 3600 * 1000  # a handheld may have been away for a season
SIGNATURE_CHARS_MAX = 4_096  # of any part of a signature, base64url; an assertion's client data is the longest
KEY_ID_CHARS_MAX = 512  # a WebAuthn credential id has at most 1023 bytes; authenticators that sign here use far fewer
CLOCK_WORTH_MS_MAX = 3_600_000  # a device clock known worse than to the hour tells nothing
TELEMETRY_ITEMS_MAX = 200  # a minute and a half of one detector with two gases; a record stays below 64 KiB
TELEMETRY_AGE_MS_MAX = 24 * 3600 * 1000  # a device that was away sends what it kept; older is no news
SEGMENT_VALUES_MAX = 1_000_000  # a value a second for two hours is 7,200
SAMPLE_AGE_S_MAX = 30 * 24 * 3600
TOOL_COUNT_MAX = 10_000
CRANES_MAX = 10  # on one load
BLINDS_MAX = 8  # a ticket has one; what is wrong must still be recordable
VOLTS_MAX = 1_000  # GB 30871-2022 4.13 asks for at most 36 V; what is wrong must still be recordable
SCORE_PERCENT_MAX = 100
