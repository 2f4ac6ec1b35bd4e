"""Contrast of the tokens (WCAG 2.2, relative luminance), both themes: text at least 7, borders at least 3."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import services.gateway

CSS = (Path(services.gateway.__file__).parent / "static" / "base.css").read_text("utf-8")
TOKEN = re.compile(r"--([a-z0-9-]+):\s*(?:light-dark\((#[0-9A-F]{6}),(#[0-9A-F]{6})\)|(#[0-9A-F]{6}))")
TOKENS = {name: (light or both, dark or both) for name, light, dark, both in TOKEN.findall(CSS)}
THEMES = {"light": 0, "dark": 1}
TEXT_MIN, BORDER_MIN = 7.0, 3.0
GROUNDS = ("paper", "sheet", "well")
WASHES = ("go-wash", "alarm-wash", "warn-wash", "must-wash")

TEXT = [(ink, ground) for ink in ("ink", "ink2") for ground in (*GROUNDS, *WASHES)]
TEXT += [(word, ground) for word in ("must", "go", "alarm", "warn-text") for ground in ("paper", "sheet")]
TEXT += [("warn-on", "warn"), ("stop-on", "stop"), ("must-on", "must"), ("alarm", "alarm-wash")]
BORDERS = [(edge, ground) for edge in ("line", "must", "alarm", "warn-edge") for ground in ("paper", "sheet")]


def luminance(colour: str) -> float:
    def linear(part: str) -> float:
        share = int(part, 16) / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(colour[index : index + 2]) for index in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_is_right() -> None:
    assert round(ratio("#000000", "#FFFFFF"), 2) == 21.0
    assert round(ratio("#777777", "#FFFFFF"), 2) == 4.48


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("word", "ground"), TEXT)
def test_text_is_legible(word: str, ground: str, theme: str) -> None:
    which = THEMES[theme]
    assert ratio(TOKENS[word][which], TOKENS[ground][which]) >= TEXT_MIN


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("edge", "ground"), BORDERS)
def test_borders_of_controls_are_seen(edge: str, ground: str, theme: str) -> None:
    which = THEMES[theme]
    assert ratio(TOKENS[edge][which], TOKENS[ground][which]) >= BORDER_MIN
