"""Limits of one site and one job. Each is named, and tested on both sides."""

from __future__ import annotations

from datetime import timedelta

LIVE_PERMITS_MAX = 5_000  # of a site (design: memory and growth)
COMMANDS_PER_JOB_MAX = 10_000  # accepted and refused, of a live job (design: duplicates)
SITE_COMMANDS_KEPT = 50_000  # commands of no job whose ids are kept at least (design: duplicates)
IDS_KEPT_FOR = timedelta(days=30)  # and all of this time; a closed job's tombstone likewise
TICKETS_PER_JOB_MAX = 20
DELEGATED_FOR_MAX = timedelta(days=366)  # one delegation of a right to issue
PLANNED_AHEAD_MAX = timedelta(days=366)  # a ticket is planned within a year of now, either way
GAS_READINGS_KEPT = 500  # per ticket on the board, beside those that shut a gate; the log has all
NUMBERS_PER_DAY_MAX = 8_999  # 9000-9999 of each day is for pre-printed paper (design: numbers people use)
LATE_AFTER = timedelta(seconds=60)  # a record that arrives later is marked (design: two classes of command)
REAUTHENTICATED_WITHIN = timedelta(minutes=15)  # before signing (rules G-SG-1; ESL art. 13, policy)
FUTURE_TOLERANCE = timedelta(seconds=60)  # a sample is in the future beyond this (rules G-GAS-12)
BUMP_DAYS_KEPT = 7  # of an instrument: longer than any reading still opens a gate
KEYS_PER_PERSON_MAX = 20  # live ones: a handful of handhelds and a passkey or two
ALARP_TEXT_MIN = 30  # characters of an ALARP reason (rules A7)
PERSONAL_LOCKS_MAX = 100  # on one isolation; a crew is at most 50
LESSONS_MAX = 200  # of a site, proposed and approved: as many as one assessment can answer
AUDITS_MAX = 20  # open ones of a site
FINDINGS_OF_AUDIT_MAX = 500
