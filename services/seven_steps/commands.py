"""All commands, in the order of the procedure: type -> what it is, who may give it, what it passes."""

from __future__ import annotations

from collections.abc import Mapping

from services.seven_steps import (
    alarms,
    delegation,
    rule_release,
    shift_handover,
    signature_keys,
    site_registry,
    standing,
    step1_risk_assessment,
    step2_plan,
    step3_briefing,
    step4_coordination,
    step4_site_survey,
    step5_endings,
    step5_execution,
    step5_personal_locks,
    step5_signals,
    step6_supervision,
    step7_audit,
    step7_lessons,
    step7_retention,
    step7_review,
    stop_work,
)
from services.seven_steps.spec import CommandSpec

PROCEDURE = (
    site_registry,
    rule_release,
    signature_keys,
    delegation,
    step1_risk_assessment,
    step2_plan,
    step3_briefing,
    step4_site_survey,
    step4_coordination,
    step5_execution,
    step5_endings,
    step5_personal_locks,
    step5_signals,
    standing,
    step6_supervision,
    step7_review,
    step7_lessons,
    step7_audit,
    step7_retention,
    shift_handover,
    stop_work,
    alarms,
)

COMMANDS: Mapping[str, CommandSpec] = {spec.type: spec for part in PROCEDURE for spec in part.COMMANDS}
