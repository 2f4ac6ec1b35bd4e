// What must be heard at once, on every page: a stop, an emergency, an alarm of this person, a gas test that is due.
// A stop and an emergency sound whatever is muted, and go on until somebody stops the sound here.
import { isMuted, ring, onBlocked } from "./ring.js";
import { keepSubscribed } from "./push.js";
import { onStream } from "./stream.js";

const box = document.getElementById("alerts");
const words = JSON.parse(box.dataset.words);
const list = box.querySelector("[data-list]");
const urgent = box.querySelector("[data-urgent]");
const said = box.querySelector("[data-said]");
const silent = box.querySelector("[data-silent]");
const RUNG = `sevengates.rung.${document.body.dataset.person}`;
const RUNG_KEPT = 100;
const LOUD = ["stop", "evacuate"];
const AGAIN_MS = 5000;
const AGAIN_TIMES = 12;
const SAME_STOP_MS = 60000;
const GAS_SOON_S = 600; // before a gas test is due
const CHANGING = ["stop_work.", "stop.", "emergency.", "alarm.", "gas."];
const ringing = new Map(); // alert -> timer
const stops = new Map(); // job of a stop heard at its receipt -> when
let waiting = 0;
let fetched = performance.now();

function rung() {
  try {
    return JSON.parse(localStorage.getItem(RUNG) || "[]");
  } catch {
    return [];
  }
}

function remember(id) {
  try {
    localStorage.setItem(RUNG, JSON.stringify([...rung(), id].slice(-RUNG_KEPT)));
  } catch {
    // a device that can keep nothing rings again on the next page
  }
}

function soon(ms) {
  if (waiting) return;
  waiting = setTimeout(refresh, ms + Math.random() * ms);
}

async function refresh() {
  waiting = 0;
  try {
    const answer = await fetch(box.dataset.url, { headers: { Accept: "text/html" }, cache: "no-store" });
    if (!answer.ok || answer.redirected) return;
    draw(await answer.text());
  } catch {
    soon(AGAIN_MS); // no network: the page says so elsewhere
  }
}

function draw(html) {
  const open = new Set([...list.querySelectorAll("details[open]")].map((one) => one.dataset.reach));
  const focused = list.contains(document.activeElement) ? document.activeElement.closest("[data-alert]")?.dataset.alert : "";
  list.innerHTML = html;
  fetched = performance.now();
  for (const one of list.querySelectorAll("details")) one.open = open.has(one.dataset.reach) || box.dataset.open !== undefined;
  if (focused) list.querySelector(`[data-alert="${CSS.escape(focused)}"] summary, [data-alert="${CSS.escape(focused)}"] a`)?.focus();
  for (const id of ringing.keys()) if (!find(id)) hush(id);
  for (const id of ringing.keys()) find(id).querySelector("[data-hush]").hidden = false;
  list.querySelectorAll("[data-alert]").forEach(consider);
  tellShown();
}

const find = (id) => list.querySelector(`[data-alert="${CSS.escape(id)}"]`);

function consider(one) {
  const { alert, kind, job } = one.dataset;
  if (kind === "gas" && secondsTo(one) > GAS_SOON_S) return;
  one.hidden = false;
  if (rung().includes(alert)) return;
  remember(alert);
  said.textContent = one.querySelector("h2, p").textContent;
  if (LOUD.includes(kind)) {
    const known = kind === "stop" && performance.now() - (stops.get(job) ?? -Infinity) < SAME_STOP_MS;
    if (one.dataset.shown === undefined) sound(alert, kind, !known);
  } else ring(kind);
}

const secondsTo = (one) => Number(one.dataset.inS) - (performance.now() - fetched) / 1000;

// Until somebody stops it here, or for a minute.
function sound(alert, kind, now) {
  if (now) ring(kind);
  let times = 1;
  ringing.set(alert, setInterval(() => {
    times += 1;
    ring(kind);
    if (times >= AGAIN_TIMES) hush(alert);
  }, AGAIN_MS));
  find(alert).querySelector("[data-hush]").hidden = false;
}

function hush(alert) {
  clearInterval(ringing.get(alert));
  ringing.delete(alert);
  const button = find(alert)?.querySelector("[data-hush]");
  if (button) button.hidden = true;
}

// Shown is what was on a screen that somebody could see.
async function tellShown() {
  if (document.visibilityState !== "visible") return;
  const fresh = [...list.querySelectorAll("[data-alert]:not([data-shown])")].filter((one) => LOUD.includes(one.dataset.kind));
  if (!fresh.length) return;
  const alerts = fresh.map((one) => one.dataset.alert);
  try {
    const answer = await fetch(box.dataset.shown, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
      body: JSON.stringify({ alerts }),
    });
    if (answer.ok) fresh.forEach((one) => one.setAttribute("data-shown", ""));
  } catch {
    // told at the next look
  }
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("[data-hush]");
  if (button) hush(button.dataset.hush);
});
document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") soon(0); });
onBlocked((blocked) => {
  silent.hidden = !blocked;
  silent.textContent = blocked ? words.silent : "";
});

// At its receipt, before it is decided: nobody waits for a record to be told.
onStream("stop", (stop) => {
  stops.set(stop.job_id || "", performance.now());
  if (stop.by !== document.body.dataset.person) ring("stop");
  urgent.hidden = false;
  urgent.dataset.command = stop.command_id;
  urgent.textContent = words.stop_now;
});
onStream("outcome", (outcome) => {
  if (outcome.command_id === urgent.dataset.command) urgent.hidden = true;
  if (outcome.events.some((type) => CHANGING.some((part) => type.startsWith(part)))) soon(50);
});
onStream("shown", () => { if (list.querySelector("[data-reach]")) soon(1500); });
let wasLost = false;
onStream("lost", () => { wasLost = true; box.classList.add("lost"); said.textContent = words.lost; });
onStream("live", () => {
  box.classList.remove("lost");
  if (wasLost) said.textContent = words.back;
  wasLost = false;
});
onStream("hello", () => soon(0)); // the page was away: whatever happened meanwhile is asked for
setInterval(() => list.querySelectorAll("[data-kind=gas][hidden]").forEach(consider), 5000);
setTimeout(() => { if (!waiting) soon(0); }, 500); // a stream that does not open does not keep the page ignorant
keepSubscribed();
if (isMuted()) box.dataset.muted = "";
