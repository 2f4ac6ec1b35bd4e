// While a plan is written: what its gates would say of the crew, the time and level, the gas plan and the isolations.
// It only tells. What is written stays as written, and the gates are asked again when it is sent.
import { fields, input, object, read, rowsOf } from "./form_fields.js";
import { isOffline } from "./offline.js";

const PAUSE_MS = 400;
const page = document.getElementById("plan-aid");
const form = document.getElementById("command");
const words = JSON.parse(page.dataset.words);
const said = page.querySelector("[data-said]");
const whole = page.querySelector("[data-whole]");
const top = (name) => fields(form).find((one) => one.dataset.name === name);
const part = (row, name) => fields(row).find((one) => one.dataset.name === name);

// ---- drawing -------------------------------------------------------------------------------------------------------

const template = (name, value) => page.querySelector(`template[data-${name}="${value}"]`).content.firstElementChild;

function drawn({ mark, text, code = "", source = "" }) {
  const line = template("mark", mark).cloneNode(true);
  line.querySelector("[data-text]").textContent = text;
  line.querySelector("[data-gate]").textContent = code;
  line.querySelector("[data-source]").textContent = source ? `· ${source}` : "";
  return line;
}

// The box of that name inside a place, made when it is needed first.
function box(place, name, before = null) {
  const there = [...place.children].find((one) => one.dataset.aid === name);
  if (there) return there;
  const made = template("box", name).cloneNode(true);
  place.insertBefore(made, before);
  return made;
}

function fill(into, lines) {
  into.hidden = !lines.length;
  (into.querySelector("[data-lines]") || into).replaceChildren(...lines);
}

function certificate(row, one) {
  const made = page.querySelector("template[data-certificate]").content.firstElementChild.cloneNode(true);
  made.querySelector("[data-slot]").replaceWith(...drawn(one).childNodes);
  made.classList.add(`m-${one.mark}`);
  made.querySelector("[data-no]").textContent = one.certificate_id;
  const number = input(part(row, "certificate_id"));
  const take = made.querySelector("[data-take]");
  take.hidden = number.value === one.certificate_id;
  take.addEventListener("click", () => {
    number.value = one.certificate_id;
    number.dispatchEvent(new Event("input", { bubbles: true }));
    number.focus();
  });
  return made;
}

// ---- each form: what is written so far, and where what is said of it stands ----------------------------------------

const complete = (names) => (row) => names.every((name) => object(row)[name] !== undefined);
const listed = (name, needed) => rowsOf(top(name).querySelector("[data-rows]")).filter(complete(needed));
const only = (names, values) => Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));

const CREW = ["person_id", "role", "trade"];
const TICKET = ["type", "facts", "planned_from", "planned_to", "level", "level_reason", "activities"];
const ISOLATION = ["point_id", "method", "blind_required"];

// Whoever stands in the rows of that name is told of there, what is about nobody of them above.
function drawCrew(name, { members, lines }) {
  const rows = listed(name, CREW);
  for (const row of rowsOf(top(name).querySelector("[data-rows]"))) {
    const told = members[rows.indexOf(row)];
    const shown = told ? [...told.certificates.map((one) => certificate(row, one)), ...told.lines.map(drawn)] : [];
    fill(box(row, "member", row.querySelector(":scope > [data-del]")), shown);
  }
  fill(whole, lines.map(drawn));
  return [...lines, ...members.flatMap((one) => [...one.lines, ...one.certificates])];
}

// A place on the grid counts once both of its numbers are there.
function spotOf({ spot }) {
  return spot?.east_m !== undefined && spot.north_m !== undefined ? { spot } : {};
}

const AIDS = {
  crew: {
    draft: () => ({ crew: listed("crew", CREW).map(object) }),
    draw: (told) => drawCrew("crew", told),
  },
  crew_change: {
    draft: () => ({ crew_change: { add: listed("add", CREW).map(object), remove: read(top("remove")) } }),
    draw: (told) => drawCrew("add", told),
  },
  ticket: {
    draft() {
      const values = object(form);
      const type = values.type || form.dataset.giventype;
      return type ? { ticket: { ...only(TICKET, values), ...spotOf(values), type } } : null;
    },
    draw({ window, facts, clashes }) {
      fill(box(form, "window", top("planned_to").nextElementSibling), window.map(drawn));
      fill(box(form, "level", top("facts").nextElementSibling), facts.map(drawn));
      fill(box(form, "clashes", top("activities").nextElementSibling), clashes.map(drawn));
      return [...window, ...facts, ...clashes];
    },
  },
  plan: {
    draft() {
      const gas = Object.entries(object(form).gas || {}).map(([key, one]) => [key, { gases: one.gases || [], points: one.points || [] }]);
      return { plan: { gas: Object.fromEntries(gas), isolations: listed("isolations", ISOLATION).map(object) } };
    },
    draw({ gas, isolations, clashes }) {
      for (const item of top("gas").querySelectorAll("[data-key]")) fill(box(item, "gas"), (gas[item.dataset.key] || []).map(drawn));
      const list = top("isolations");
      fill(box(list, "isolations"), isolations.map(drawn));
      fill(box(form, "clashes", list.nextElementSibling), clashes.map(drawn));
      return [...Object.values(gas).flat(), ...isolations, ...clashes];
    },
  },
};

// ---- the gas plan that is proposed: ticked only when somebody says so ----------------------------------------------

function propose() {
  for (const item of top("gas")?.querySelectorAll("[data-key]") || []) {
    const proposal = page.querySelector(`template[data-proposal="${CSS.escape(item.dataset.key)}"]`);
    if (proposal) item.insertBefore(proposal.content.cloneNode(true), item.querySelector(".grid"));
  }
}

function tick(button) {
  const item = button.closest("[data-key]");
  for (const name of ["gases", "points"]) {
    for (const value of button.dataset[name].split(" ").filter(Boolean)) {
      const choice = part(item, name).querySelector(`input[value="${CSS.escape(value)}"]`);
      if (choice) choice.checked = true;
    }
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

// ---- asking --------------------------------------------------------------------------------------------------------

const aid = AIDS[page.dataset.of];
let asked = "";
let asking = null;
let waiting = 0;

function say(text) {
  if (said.textContent !== text) said.textContent = text;
}

// What was said of something else is taken away: nothing stands beside what it is not about.
function clear(text) {
  for (const one of [whole, ...form.querySelectorAll("[data-aid]")]) fill(one, []);
  asked = "";
  say(text);
}

async function ask() {
  const draft = aid.draft();
  if (!draft) { clear(""); return; }
  const query = new URLSearchParams({ job_id: form.dataset.job, permit_id: form.dataset.permit, draft: JSON.stringify(draft) });
  if (String(query) === asked) return;
  if (isOffline()) { clear(words.no_answer); return; }
  asked = String(query);
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const answer = await fetch(`${page.dataset.ask}?${query}`, { signal, headers: { Accept: "application/json" } }).catch(() => null);
  const told = answer?.ok ? await answer.json().catch(() => null) : null;
  if (signal.aborted) return;
  if (!told) { clear(answer?.status === 422 ? words.not_yet : words.no_answer); return; }
  const warnings = aid.draw(told[page.dataset.of]).filter((one) => one.mark === "warn").length;
  say(warnings ? words[warnings === 1 ? "warnings_one" : "warnings_other"].replace("{n}", warnings) : words.none);
}

function soon() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE_MS);
}

if (form) {
  if (page.dataset.of === "plan") propose();
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick]");
    if (button) tick(button);
  });
}
if (form && page.dataset.ask) {
  for (const event of ["input", "change"]) form.addEventListener(event, soon);
  form.addEventListener("click", (event) => { if (event.target.closest("[data-add],[data-del]")) soon(); });
  ask();
}
