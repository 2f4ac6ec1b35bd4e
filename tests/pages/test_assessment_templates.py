"""Assessments to start from: one for each type of work, whole, in both languages, and honest in their scores."""

from __future__ import annotations

from typing import Any

import pytest

from schemas import words
from services.gateway.pages.risk_page import template_of
from services.gateway.texts import LANGUAGES, catalogue
from services.rulebook import rulebook
from services.seven_steps import risk
from services.seven_steps.work_types import TYPES

EVERY = pytest.mark.parametrize("type_", sorted(TYPES))


def rows(type_: str) -> list[dict[str, Any]]:
    return list(template_of(type_)["rows"])


@EVERY
def test_every_hazard_that_the_packs_want_is_in_the_template(type_: str) -> None:
    assert set(rulebook().listed(f"hazards_{type_}")) <= {row["hazard"] for row in rows(type_)}
    assert all(f"hazard.{row['hazard']}" in catalogue("en") for row in rows(type_))


@EVERY
def test_its_words_are_in_both_languages(type_: str) -> None:
    texts = [text for row in rows(type_) for text in (row["step"], *(one["text"] for one in row["controls"]))]
    assert all(set(text) == set(LANGUAGES) and all(text.values()) for text in texts)


@EVERY
def test_no_control_raises_a_risk_and_protective_equipment_alone_lowers_none(type_: str) -> None:
    method = template_of(type_)["method"]
    for row in rows(type_):
        before, after = risk.score(method, row["initial"]), risk.score(method, row["residual"])
        levels = {one["level"] for one in row["controls"]}
        assert levels and levels <= set(words.CONTROL_LEVELS)
        assert after <= before
        assert after == before or levels != {"ppe"}
        assert row["residual"]["s"] == row["initial"]["s"] or levels & risk.ENGINEERED
