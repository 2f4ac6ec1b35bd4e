"""A gas test as it is entered: every planned gas at every point, the unit of the instrument, the limit and why."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_DOWN, Decimal
from typing import Any

from schemas import words
from services.gateway.pages import board_view
from services.gateway.pages.options import FormOptions, rules_of
from services.gateway.pages.render import View, texts_for_scripts
from services.seven_steps import gas as gas_rules
from services.seven_steps import site_time
from services.seven_steps.board_job import Job
from services.seven_steps.board_site import Instrument
from services.seven_steps.board_ticket import Permit
from services.seven_steps.rules import Gas

#: A value in %vol above this, of a gas whose limit is below 1 %vol, is more likely the instrument's %LEL.
ASK_ABOVE_VOL = Decimal(5)
#: A value in %LEL below this is finer than such instruments show: more likely %vol.
ASK_BELOW_LEL = Decimal(1)
#: To what a limit is rounded down where it is shown in ppm.
PPM_STEP = Decimal("0.01")


def gas_data(view: View, job: Job, permit: Permit) -> dict[str, Any] | None:
    """What the page and its script work with; None where no gas is planned (then the plain form asks everything)."""
    options = FormOptions(view, "record_gas_test", job, permit)
    plan = job.plan.gas.get(permit.permit_id) if job.plan else None
    if plan is None or not plan.gases or not plan.points:
        return None
    gases = [_gas(view, permit, code) for code in plan.gases]
    until, span = board_view.gas_due(view, permit)
    return {
        "points": [(point, view.said.word("point", point)) for point in plan.points],
        "gases": gases,
        "instruments": [_instrument(view, one, plan.gases) for one in _fitting(view, plan.gases)],
        "testers": options.of_person("tester"),
        "until": until, "counts": int(span.total_seconds()),
        "script": {
            "gases": {one["code"]: one for one in gases}, "molar_volume": str(gas_rules.MOLAR_VOLUME_L),
            "ask_above_vol": str(ASK_ABOVE_VOL), "ask_below_lel": str(ASK_BELOW_LEL),
            "unit_max": words.UNIT_MAX,
            "unit_words": {unit: view.said.word("unit_words", unit) for unit in words.GAS_UNITS},
            "unit": {unit: view.said.word("unit", unit) for unit in words.GAS_UNITS},
        },
    }  # fmt: skip


def words_for_script(view: View) -> dict[str, str]:
    """Its own, and what the plant itself says of a number that is none."""
    plants = {
        "number": view.said.t("message.decimal"),
        "from_to": view.said.t("message.from_to", low="{low}", high="{high}"),
    }
    return {**texts_for_scripts(view.said, "gas_script."), **plants}


def _fitting(view: View, gases: tuple[str, ...]) -> list[Instrument]:
    """Those that measure most of what is planned, first; out of service not at all."""
    usable = [one for one in view.board.instruments.values() if one.in_service]
    return sorted(usable, key=lambda one: (-len(set(gases) & set(one.gases)), one.instrument_id))


def _instrument(view: View, one: Instrument, gases: tuple[str, ...]) -> dict[str, Any]:
    """Its record: the unit it shows each gas in, and what a conversion needs."""
    today = site_time.site_day(view.board, view.now)
    bump = one.bumps.get(today)
    said = view.said.t(
        "gas_page.instrument", model=one.model, due=view.formats.day(one.calibration_due),
        bump=view.formats.clock(bump.at) if bump and bump.passed else view.said.t("gas_page.no_bump"),
    )  # fmt: skip
    return {
        "id": one.instrument_id, "said": said, "ok": bump is not None and bump.passed and one.calibration_due >= today,
        "calibration_gas": one.calibration_gas,
        "factors": {gas: str(_factor(one, gas)) for gas in gases if _factor(one, gas) is not None},
        "measures": [gas for gas in gases if gas in one.gases],
        "units": {gas: unit for gas in gases if gas in one.gases
                  if (unit := shown_in(one, rules_of(view).gas(gas))) is not None},
    }  # fmt: skip


def _factor(one: Instrument, gas: str) -> Decimal | None:
    return Decimal(1) if one.calibration_gas == gas else one.correction_factors.get(gas)


def shown_in(one: Instrument, gas: Gas | None) -> str | None:
    """A calibration gas is what %LEL refers to: an instrument without one shows combustibles by volume.

    None: the register can't tell. It says of no instrument whether it shows a toxic gas in ppm or in mg/m3, numbers
    that look alike: the tester reads the unit off it, every time.
    """
    if gas is None or gas.kind == "toxic":
        return None
    if gas.kind == "oxygen":
        return words.PERCENT_VOLUME
    return words.PERCENT_LEL if one.calibration_gas else words.PERCENT_VOLUME


def _gas(view: View, permit: Permit, code: str) -> dict[str, Any]:
    known = rules_of(view).gas(code)
    limit = gas_rules.limit_of(known, rules_of(view), view.board, permit) if known else None
    return {
        "code": code, "name": view.said.word("gas", code), "kind": known.kind if known else "",
        "lel": _text(known.lel) if known else None, "molar_mass": _text(known.molar_mass) if known else None,
        "low": _text(limit.low) if limit else None, "high": _text(limit.high) if limit else None,
        "limit_unit": limit.unit if limit else "", "limit": _limit_words(view, limit), "why": _why(view, known, limit),
        "others": list(words.units_of(code)), "limit_as": _limit_in_ppm(view, known, limit),
    }  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _limit_in_ppm(view: View, known: Gas | None, limit: gas_rules.Limit | None) -> str:
    """A limit in mg/m3 as an instrument shows it in ppm, rounded to the safe side; empty for other limits."""
    if (
        known is None
        or known.molar_mass is None
        or limit is None
        or limit.high is None
        or limit.unit != words.MG_PER_M3
    ):
        return ""
    ppm = (limit.high * gas_rules.MOLAR_VOLUME_L / known.molar_mass).quantize(PPM_STEP, ROUND_DOWN)
    limit_words = _limit_words(view, limit)
    return view.said.t("gas_page.limit_as", limit=limit_words, ppm=view.formats.number(ppm, words.PPM))


def _limit_words(view: View, limit: gas_rules.Limit | None) -> str:
    if limit is None:
        return view.said.t("gas_page.no_limit")
    low, high = (view.formats.number(v, limit.unit) if v is not None else "" for v in (limit.low, limit.high))
    if low and high:
        return view.said.t("gas_page.between", low=low, high=high)
    return view.said.t("gas_page.at_most", high=high) if high else view.said.t("gas_page.at_least", low=low)


def _why(view: View, known: Gas | None, limit: gas_rules.Limit | None) -> str:
    """Why this limit, and whose number it is."""
    if known is None or limit is None:
        return ""
    split = rules_of(view).bound("lel_split", view.board)
    if known.kind == "combustible" and known.lel is not None and split is not None:
        key = "why_lel_high" if known.lel >= split.value else "why_lel_low"
        why = view.said.t(f"gas_page.{key}", lel=view.formats.number(known.lel, "%vol"), split=split.value)
    else:
        why = view.said.t(f"gas_page.why_{known.kind}")
    packs: Mapping[str, None] = dict.fromkeys(pack for pack in (limit.high_pack, limit.low_pack, known.clause) if pack)
    return f"{why} · {' · '.join(packs)}"
