// On every page: the site's clock, countdowns, focus after an answer, and acting as somebody else on a simulated site.
// Time runs on `performance.now()` from the server's word for now: a device clock that is wrong changes nothing.

import { lock } from "./keys.js";
import { keepSending, mine, onChange } from "./outbox.js";
import { onConnection, watchConnection } from "./offline.js";

const body = document.body;
const opened = performance.now();
const start = Date.parse(body.dataset.now || new Date().toISOString()) + Number(body.dataset.keptMs || 0);
const zone = body.dataset.zone || "UTC";
const SOON_WORDS_AT = [600, 300, 60];

export const siteNow = () => start + (performance.now() - opened);

const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });

export function hear(text) {
  document.getElementById("said").textContent = text;
}

function minutes(seconds) {
  const whole = Math.floor(Math.abs(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
}

function countdown(box) {
  const left = (Date.parse(box.dataset.until) - siteNow()) / 1000;
  const shown = box.querySelector("[data-left]");
  shown.textContent = left < 0 ? `+${minutes(left)}` : minutes(left);
  box.classList.toggle("soon", left >= 0 && left <= Number(box.dataset.soonS));
  box.classList.toggle("out", left < 0);
  const bar = box.querySelector(".bar i");
  if (bar) bar.style.width = `${Math.max(0, Math.min(100, (100 * left) / Number(box.dataset.totalS)))}%`;
  const at = Math.round(left);
  if (bar && (SOON_WORDS_AT.includes(at) || at === 0)) hear(`${box.querySelector(".lab").textContent} ${shown.textContent}`);
}

function tick() {
  const now = new Date(siteNow());
  for (const place of document.querySelectorAll("[data-site-clock]")) {
    place.textContent = place.dataset.format === "stamp" ? `${day.format(now)} ${clock.format(now)}` : clock.format(now);
  }
  document.querySelectorAll("[data-countdown]").forEach(countdown);
}

async function actAs(personId, next) {
  const answer = await fetch("/api/act-as", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content },
    body: JSON.stringify({ person_id: personId, site_id: body.dataset.site }),
  });
  if (answer.ok) {
    location.assign(next || location.href);
    return;
  }
  const fault = document.querySelector("[data-act-as-fault]");
  fault.hidden = false;
  fault.textContent = String(answer.status);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act-as]");
  if (button) actAs(button.dataset.actAs, button.dataset.next);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-act-as-form]")) return;
  event.preventDefault();
  actAs(new FormData(event.target).get("person_id"), "");
});

document.addEventListener("click", async (event) => {
  if (!event.target.closest("[data-sign-out]")) return;
  const forget = () => navigator.serviceWorker?.controller?.postMessage("forget-pages");
  forget();
  await lock();
  await fetch("/api/sign-out", { method: "POST", headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf-token]").content } });
  forget(); // again: until the plant had ended the session, this person's pages could still be asked for
  location.assign("/sign-in");
});

// The count of what waits on this device, on every page: never a spinner, never hidden.
async function countUnsent() {
  const found = await mine().catch(() => []);
  const open = found.filter((one) => one.state === "waiting").length;
  const refused = found.length - open;
  for (const badge of document.querySelectorAll("[data-unsent]")) {
    badge.classList.toggle("some", open > 0);
    badge.classList.toggle("no", refused > 0);
    badge.querySelector("[data-count]").textContent = found.length ? String(found.length) : "";
    badge.querySelector("[data-word]").textContent = refused ? badge.dataset.refused : open ? badge.dataset.waiting : badge.dataset.none;
  }
}

if (body.dataset.person) {
  onChange(countUnsent);
  onConnection(countUnsent);
  countUnsent();
  watchConnection();
  keepSending();
}
if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register("/sw.js").catch(() => {});
  const ahead = document.querySelector("[data-keep]");
  if (ahead) navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ keep: JSON.parse(ahead.dataset.keep) }));
}

document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
document.querySelector("[data-focus]")?.focus();
if (matchMedia("(min-width: 721px)").matches) document.querySelector("[data-open-wide]")?.setAttribute("open", "");
tick();
setInterval(tick, 1000);
