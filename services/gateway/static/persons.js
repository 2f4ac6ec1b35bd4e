// Who is here: the persons whose key is on this device, one tap, their PIN, signed in. The plant hands out a challenge,
// the key signs it; another person's kept pages go, and the key of whoever was here before is locked at once.
import { post } from "./entrance.js";
import { KeyGone, WrongPin, canonical, everyone, lock, signBytes, unlock } from "./keys.js";
import { minutesLeft } from "./proof.js";

const SAID = { 401: "key_refused", 403: "stale_page" };
const box = document.getElementById("persons");
const words = JSON.parse(box.dataset.words);
const list = box.querySelector("[data-list]");
const form = box.querySelector("[data-pin-form]");
const pin = document.getElementById("persons-pin");
const fault = document.getElementById("persons-fault");
let chosen = null;

function say(text) {
  fault.textContent = text;
  fault.hidden = false;
}

function choose(who) {
  chosen = who;
  form.querySelector("[data-who]").textContent = who.name;
  [list.hidden, form.hidden, fault.hidden] = [true, false, true];
  pin.value = "";
  pin.focus();
}

function row(who) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn full quiet person";
  const name = document.createElement("b");
  name.textContent = who.name;
  const number = document.createElement("span");
  number.className = "s";
  number.textContent = who.user;
  button.append(name, number);
  button.addEventListener("click", () => choose(who));
  item.append(button);
  return item;
}

// The challenge is asked for while the PIN opens the key: the two take about the same time.
async function signIn(who) {
  const asked = post("/api/sign-in-challenge");
  asked.catch(() => {});
  await unlock(who.person, pin.value.trim());
  const told = await asked;
  if (!told.ok) return told;
  const { challenge } = await told.json();
  const body = { site_id: who.site, key_id: who.key_id, challenge };
  const signed = await signBytes(who.person, new TextEncoder().encode(canonical({ ...body, purpose: "sign_in" })));
  return post("/api/sign-in-by-key", { ...body, value: signed.value });
}

async function tried(who) {
  try {
    const answer = await signIn(who);
    if (answer.ok) {
      navigator.serviceWorker?.controller?.postMessage("forget-pages");
      location.assign(box.dataset.next || `/sites/${encodeURIComponent(who.site)}/today`);
      return;
    }
    await lock();
    say(answer.status === 429 ? words.locked.replace("{min}", minutesLeft(answer)) : words[SAID[answer.status] || "broken"]);
  } catch (trouble) {
    if (trouble instanceof KeyGone) say(words.key_gone);
    else if (trouble instanceof WrongPin) say(words.wrong_pin);
    else if (trouble instanceof TypeError) { await lock(); say(words.no_answer); }
    else throw trouble;
  }
  pin.value = "";
  pin.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.disabled) return;
  fault.hidden = true;
  button.disabled = true;
  await tried(chosen);
  button.disabled = false;
});
box.querySelector("[data-another]").addEventListener("click", () => {
  [list.hidden, form.hidden] = [false, true];
  list.querySelector("button")?.focus();
});

await lock();
const here = (await everyone()).filter((one) => one.site).sort((a, b) => a.name.localeCompare(b.name));
box.querySelector("[data-people]").append(...here.map(row));
box.hidden = here.length === 0;

// A badge's QR says the works number: of somebody whose key is here, only the PIN is left to ask for.
function byBadge(number) {
  const who = here.find((one) => one.user === number);
  if (who) choose(who);
}
byBadge(box.dataset.user);
document.getElementById("user").addEventListener("scanned", (event) => byBadge(event.target.value));
