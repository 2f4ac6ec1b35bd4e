// A gas test: number and unit are one thing, the unit comes from the instrument's record, a value that could be in the
// other unit is asked again. What is shown here is arithmetic for the eye; the plant converts and decides.
import { compare, decimal, divided, multiplied, upTo } from "./decimal.js";

const DECIMALS_SHOWN = 4;
const form = document.getElementById("command");
const box = document.getElementById("g-readings");
const given = JSON.parse(box.dataset.gas);
const words = JSON.parse(box.dataset.gasWords);
const chooser = form.querySelector("[data-instrument]");
const readings = [...box.querySelectorAll("[data-reading]")];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
const instrument = () => JSON.parse(chooser.selectedOptions[0]?.dataset.record || "{}");
const gasOf = (reading) => given.gases[reading.dataset.gasCode];
const number = (reading) => decimal(reading.querySelector("[data-value]").value);

// ---- the unit and its tile ------------------------------------------------------------------------------------------

const TILE = { "%LEL": "lel", "%vol": "vol", ppm: "ppm", "mg/m3": "ppm" };

// Without a unit there is no number: the field is closed until the tester has read the unit off the instrument.
function setUnit(reading, unit) {
  reading.dataset.unit = unit;
  reading.querySelector("[data-value]").disabled = !unit;
  const [other, mine] = [reading.querySelector("[data-other]"), reading.querySelector("[data-mine]")];
  other.hidden = Boolean(unit);
  if (mine) mine.hidden = !unit;
  const tile = reading.querySelector("[data-unit]");
  tile.className = `unit ${TILE[unit] || "vol"}`;
  tile.replaceChildren(unit ? given.unit[unit] : "?", document.createElement("br"));
  const below = document.createElement("small");
  below.textContent = unit ? given.unit_words[unit] : words.unit_wanted;
  tile.append(below);
  reading.querySelector("[data-shows]").textContent = fill(saidOf(reading, unit), { instrument: chooser.value, unit: given.unit[unit] });
}

function saidOf(reading, unit) {
  if (!instrument().measures?.includes(reading.dataset.gasCode)) return words.not_measured;
  return unit ? words.shows : words.unit_unknown;
}

function changeUnit(reading, unit) {
  setUnit(reading, unit);
  const field = reading.querySelector("[data-value]");
  field.value = "";
  delete reading.dataset.sure;
  reading.querySelector("[data-other]").hidden = true;
  draw(reading);
  field.focus();
}

// One instrument shows a gas in one unit at every point.
function chooseUnit(reading, unit) {
  for (const one of readings) {
    if (one !== reading && one.dataset.unit === "" && one.dataset.gasCode === reading.dataset.gasCode) setUnit(one, unit);
  }
  changeUnit(reading, unit);
}

function takeInstrument() {
  const record = instrument();
  const said = form.querySelector("[data-instrument-said]");
  said.textContent = record.said || "";
  said.classList.toggle("badc", record.ok === false);
  for (const reading of readings) {
    const { others } = gasOf(reading);
    const unit = record.units?.[reading.dataset.gasCode] || (others.length === 1 ? others[0] : "");
    if (unit !== reading.dataset.unit) { reading.querySelector("[data-value]").value = ""; delete reading.dataset.sure; }
    setUnit(reading, unit);
    draw(reading);
  }
}

// ---- conversion and verdict -----------------------------------------------------------------------------------------

// {value, sum}: in the unit of the limit, exactly, and the line of arithmetic; value undefined: there is no way.
function converted(reading) {
  const gas = gasOf(reading);
  const shown = number(reading);
  const unit = reading.dataset.unit;
  const text = reading.querySelector("[data-value]").value.trim().replace(",", ".");
  if (unit === gas.limit_unit) return { value: shown, sum: "" };
  if (unit === "%LEL" && gas.lel) {
    const factor = instrument().factors?.[gas.code];
    if (factor === undefined) return { sum: words.no_factor };
    const value = divided(multiplied(multiplied(shown, decimal(factor)), decimal(gas.lel)), decimal("100"));
    return { value, sum: fill(factor === "1" ? words.sum_lel : words.sum_lel_factor, { n: text, lel: gas.lel, factor, is: upTo(value, DECIMALS_SHOWN) }) };
  }
  if (unit === "ppm" && gas.limit_unit === "%vol") {
    const value = divided(shown, decimal("10000"));
    return { value, sum: fill(words.sum_ppm, { n: text, is: upTo(value, DECIMALS_SHOWN) }) };
  }
  if (unit === "ppm" && gas.limit_unit === "mg/m3" && gas.molar_mass) {
    const value = divided(multiplied(shown, decimal(gas.molar_mass)), decimal(given.molar_volume));
    return { value, sum: fill(words.sum_molar, { n: text, mass: gas.molar_mass, volume: upTo(decimal(given.molar_volume), DECIMALS_SHOWN), is: upTo(value, DECIMALS_SHOWN) }) };
  }
  return { sum: words.no_way };
}

function verdict(gas, value) {
  if (value === undefined) return "unknown";
  if (gas.low !== null && compare(value, decimal(gas.low)) < 0) return "low";
  return gas.high !== null && compare(value, decimal(gas.high)) > 0 ? "high" : "passes";
}

function drawVerdict(reading) {
  const place = reading.querySelector("[data-verdict]");
  const shown = number(reading);
  place.hidden = shown === undefined;
  if (shown === undefined) return;
  const gas = gasOf(reading);
  const { value, sum } = converted(reading);
  const found = verdict(gas, value);
  const word = reading.querySelector("[data-word]");
  word.textContent = `${found === "passes" ? "✓" : "✕"} ${words[found]}`;
  word.className = found === "passes" ? "okc" : "badc";
  reading.querySelector("[data-converted]").textContent = value === undefined ? "" : `${upTo(value, DECIMALS_SHOWN)} ${given.unit[gas.limit_unit] || ""}`;
  reading.querySelector("[data-sum]").textContent = sum;
  reading.querySelector("[data-keep-out]").hidden = found === "passes" || found === "unknown";
}

// ---- could it be the other unit? ------------------------------------------------------------------------------------

function likelier(reading) {
  const value = number(reading);
  const gas = gasOf(reading);
  if (value === undefined || gas.kind !== "combustible" || compare(value, decimal("0")) === 0) return "";
  if (reading.dataset.unit === "%vol" && compare(value, decimal(given.ask_above_vol)) > 0) return "%LEL";
  return reading.dataset.unit === "%LEL" && compare(value, decimal(given.ask_below_lel)) < 0 ? "%vol" : "";
}

const asks = (reading) => reading.dataset.sure === undefined && likelier(reading) !== "";

function drawQuestion(reading) {
  const question = reading.querySelector("[data-ask]");
  question.hidden = !asks(reading);
  if (question.hidden) return;
  const [here, other] = [given.unit[reading.dataset.unit], given.unit[likelier(reading)]];
  question.querySelector("[data-ask-words]").textContent = fill(words.ask, { n: reading.querySelector("[data-value]").value.trim(), here, other });
  question.querySelector("[data-right]").textContent = fill(words.ask_right, { here });
  question.querySelector("[data-wrong]").textContent = fill(words.ask_wrong, { other });
}

// ---- what is sent ---------------------------------------------------------------------------------------------------

function entered(reading) {
  const record = instrument();
  const unit = reading.dataset.unit;
  const lel = unit === "%LEL" ? { lel: gasOf(reading).lel, calibration_gas: record.calibration_gas || "" } : {};
  const value = reading.querySelector("[data-value]").value.trim().replace(",", ".").replace(/^\./, "0.");
  return { gas: reading.dataset.gasCode, point: reading.dataset.point, unit, value, ...lel };
}

// What the plant would not take as a number, in its own words.
function numberFault(reading) {
  const text = reading.querySelector("[data-value]").value.trim();
  if (!text) return "";
  const shown = number(reading);
  if (shown === undefined) return words.number;
  if (reading.dataset.unit === "%LEL" && !instrument().calibration_gas) return fill(words.no_calibration_gas, { instrument: chooser.value });
  const high = given.unit_max[reading.dataset.unit];
  return compare(shown, decimal(high)) > 0 ? fill(words.from_to, { low: "0", high: `${high} ${given.unit[reading.dataset.unit]}` }) : "";
}

function drawFault(reading) {
  const place = reading.querySelector("[data-number-fault]");
  place.textContent = numberFault(reading);
  place.hidden = !place.textContent;
  if (place.hidden) reading.querySelector("[data-value]").removeAttribute("aria-invalid");
  else reading.querySelector("[data-value]").setAttribute("aria-invalid", "true");
}

function draw(reading) {
  drawFault(reading);
  drawQuestion(reading);
  drawVerdict(reading);
  const filled = readings.filter((one) => one.querySelector("[data-value]").value.trim() !== "");
  box.querySelector("input").value = filled.length ? JSON.stringify(filled.map(entered)) : "";
  for (const tick of form.querySelectorAll("[data-tick]")) {
    const here = readings.filter((one) => one.dataset.point === tick.dataset.tick);
    tick.hidden = !here.every((one) => number(one) !== undefined);
  }
}

function show(point) {
  for (const one of box.querySelectorAll("[data-at]")) one.hidden = one.dataset.at !== point;
}

box.addEventListener("input", (event) => {
  const reading = event.target.closest("[data-reading]");
  if (!reading) return;
  delete reading.dataset.sure;
  draw(reading);
});
box.addEventListener("click", (event) => {
  const reading = event.target.closest("[data-reading]");
  if (!reading) return;
  const set = event.target.closest("[data-set]");
  if (event.target.closest("[data-mine]")) reading.querySelector("[data-other]").hidden = false;
  else if (set) chooseUnit(reading, set.dataset.set);
  else if (event.target.closest("[data-wrong]")) changeUnit(reading, likelier(reading));
  else if (event.target.closest("[data-right]")) { reading.dataset.sure = ""; draw(reading); }
});
form.addEventListener("change", (event) => {
  if (event.target === chooser) takeInstrument();
  if (event.target.name === "g-point") show(event.target.value);
});
form.querySelector("[data-minutes]").addEventListener("input", (event) => {
  const minutes = event.target.value.trim();
  form.querySelector("[data-name=sample_age_s] input").value = /^\d+$/.test(minutes) ? String(60 * Number(minutes)) : "";
});
// Before form.js hears of it: an open question, or a number that is none, sends nothing.
form.addEventListener("submit", (event) => {
  const open = readings.find((one) => asks(one) || numberFault(one));
  if (!open) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  form.querySelector(`input[name=g-point][value="${open.dataset.point}"]`).checked = true;
  show(open.dataset.point);
  (asks(open) ? open.querySelector("[data-right]") : open.querySelector("[data-value]")).focus();
}, { capture: true });

takeInstrument();
