// While a risk assessment is written: what each row comes to, which hazards are covered, what differs from its start.
import { BANDS, bandOf, factors, product, shown } from "./risk_score.js";

const page = document.getElementById("risk");
const form = document.getElementById("command");
const diff = document.getElementById("risk-diff");
const words = diff ? JSON.parse(diff.dataset.words) : {};
const bounds = JSON.parse(page.dataset.bounds);
const rowSaid = page.querySelector("[data-row-said]");
const ENGINEERED = ["elimination", "substitution", "engineering"];
const SEVERITY = { matrix: "s", lec: "c" };

// ---- reading the form ----------------------------------------------------------------------------------------------

const list = () => form.querySelector("[data-name=rows] > [data-rows]");
const rows = () => [...list().children].filter((one) => one.dataset.row !== undefined);
const field = (root, name) => [...root.querySelectorAll(`[data-name="${name}"]`)].find((one) => !one.hidden && !one.closest("template"));
const inputOf = (one) => one?.querySelector("input:checked") || one?.querySelector("select,textarea,input:not([type=radio]):not([type=checkbox])");
const value = (root, name) => inputOf(field(root, name))?.value || "";
const method = () => value(form, "method");

function score(row, when) {
  const group = field(row, when);
  return Object.fromEntries(factors(method()).map((name) => [name, group ? value(group, name) : ""]));
}

function levels(row) {
  const controls = field(row, "controls");
  return [...controls.querySelectorAll(":scope > [data-rows] > [data-row]")].map((one) => value(one, "level")).filter(Boolean);
}

const ticked = (row) => [...field(row, "permits").querySelectorAll("input:checked")].map((one) => one.value);

// ---- what a row comes to -------------------------------------------------------------------------------------------

function showBand(slot, band, values) {
  for (const one of slot.querySelectorAll("[data-band]")) one.hidden = one.dataset.band !== (band || "none");
  slot.querySelector("[data-sum]").textContent = band ? `${factors(method()).map((name) => values[name]).join(" × ")} = ${shown(method(), values)}` : "";
}

function warnings(row, before, after, bands) {
  const [first, last] = bands.map((one) => BANDS.indexOf(one));
  const used = levels(row);
  const only = used.length > 0 && used.every((one) => one === "ppe");
  const engineered = used.some((one) => ENGINEERED.includes(one));
  const severity = SEVERITY[method() === "lec" ? "lec" : "matrix"];
  const risen = product(method(), after) > product(method(), before);
  return {
    raised: risen,
    ppe_only: only && last < first,
    severity: !engineered && Number(after[severity].replace(",", ".")) < Number(before[severity].replace(",", ".")),
    engineered: !engineered && BANDS[last] === "high",
    extreme: BANDS[last] === "extreme",
  };
}

function consider(row) {
  let said = row.querySelector(":scope > [data-riskline]");
  if (!said) {
    row.append(rowSaid.content.cloneNode(true));
    said = row.querySelector(":scope > [data-riskline]");
  }
  const [before, after] = ["initial", "residual"].map((when) => score(row, when));
  const bands = [before, after].map((one) => bandOf(method(), one, bounds));
  showBand(said.querySelector("[data-slot=initial]"), bands[0], before);
  showBand(said.querySelector("[data-slot=residual]"), bands[1], after);
  const found = bands.every(Boolean) ? warnings(row, before, after, bands) : {};
  for (const one of said.querySelectorAll("[data-warning]")) one.hidden = !found[one.dataset.warning];
  said.classList.toggle("warn", Object.values(found).some(Boolean));
}

function cover(all) {
  const named = all.flatMap((row) => ticked(row).map((permit) => `${value(row, "hazard")} ${permit}`));
  for (const one of page.querySelectorAll("[data-wanted]")) {
    const covered = named.includes(`${one.dataset.wanted} ${one.dataset.permit}`);
    one.querySelector("[data-covered]").hidden = !covered;
    one.querySelector("[data-not]").hidden = covered;
  }
}

// ---- what differs from the start -----------------------------------------------------------------------------------

const labelOf = (one) => (one.querySelector(":scope > label, :scope > .legend")?.firstChild?.textContent || "").trim();

function textOf(one) {
  const chosen = [...one.querySelectorAll("input:checked")].map((each) => each.closest("label").textContent.trim());
  if (chosen.length || one.querySelector("[type=checkbox],[type=radio]")) return chosen.join(", ");
  const input = one.querySelector("select,textarea,input");
  return input.tagName === "SELECT" ? (input.value ? input.selectedOptions[0].textContent.trim() : "") : input.value.trim();
}

// Every field of a row that holds a value itself, by where it stands; what is hidden does not count.
function said(row) {
  const found = new Map();
  for (const one of row.querySelectorAll(".fld")) {
    if (one.closest("template") || one.closest("[hidden]") || one.querySelector(".fld, [data-rows]")) continue;
    const path = [];
    for (let at = one; at !== row; at = at.parentElement) {
      if (at.matches(".fld")) path.unshift(labelOf(at));
      else if (at.matches("[data-row]")) path.unshift(String([...at.parentElement.children].indexOf(at) + 1));
    }
    found.set(path.join(" "), textOf(one));
  }
  return found;
}

const starts = new Map();
function rememberStart() {
  rows().forEach((row, index) => starts.set(row, { number: index + 1, said: said(row), name: value(row, "step") }));
}

function change(where, was, is) {
  const made = diff.querySelector("template").content.cloneNode(true);
  made.querySelector("[data-where]").textContent = where;
  made.querySelector("[data-was]").textContent = was;
  made.querySelector("[data-is]").textContent = is;
  return made;
}

function compare(all) {
  const changes = [];
  let same = 0;
  for (const [row, start] of starts) {
    const name = words.row.replace("{n}", start.number);
    if (!all.includes(row)) { changes.push(change(name, start.name, words.removed)); continue; }
    const now = said(row);
    const before = changes.length;
    for (const path of new Set([...start.said.keys(), ...now.keys()])) {
      const [was, is] = [start.said.get(path) || "", now.get(path) || ""];
      if (was !== is) changes.push(change(`${name} · ${path}`, was, is || words.removed));
    }
    if (changes.length === before) same += 1;
  }
  for (const row of all) if (!starts.has(row)) changes.push(change(words.added, "", value(row, "step")));
  diff.querySelector("[data-changes]").replaceChildren(...changes);
  diff.querySelector("[data-same]").textContent = words.same.replace("{n}", same);
}

function look() {
  const all = rows();
  all.forEach(consider);
  cover(all);
  if (diff) compare(all);
}

if (diff) rememberStart();
look();
for (const event of ["input", "change"]) form.addEventListener(event, look);
form.addEventListener("click", (event) => { if (event.target.closest("[data-add],[data-del]")) setTimeout(look, 0); });
