// A command's form: collects what was filled in, sends it, and shows what became of it.
import { KeyGone, WrongPin, canPasskey, enrolled, isUnlocked, sign, signWithPasskey, unlock } from "./keys.js";
import { explained } from "./answers.js";
import { namedIn, taken } from "./documents.js";
import { fields, input, object, read, rowsOf } from "./form_fields.js";
import { isOffline } from "./offline.js";
import { askToPersist, deliver as deliverEntry, isRefused, keepRecord, seen } from "./outbox.js";
import { NotTaken } from "./photo.js";
import { proved } from "./proof.js";
import { isShut, shut } from "./send_button.js";
import { clientPart, forget, keep, kept, look, newId, send } from "./send.js";
import { StoreFull } from "./store.js";

const form = document.getElementById("command");
const words = form ? JSON.parse(form.dataset.words) : {};
const answerBox = document.getElementById("answer");
const lang = document.body.dataset.lang;
const NAMED = new Set([200, 403, 409, 413, 415, 422]);

// ---- showing what depends on another field --------------------------------------------------------------------------

function showWhatApplies() {
  const top = Object.fromEntries(fields(form).map((field) => [field.dataset.name, field]));
  for (const field of form.querySelectorAll("[data-if]")) {
    const [name, values] = field.dataset.if.split("=");
    const value = top[name] ? read(top[name]) : form.dataset[`given${name}`];
    field.hidden = value !== undefined && value !== "" && !values.split("|").includes(String(value));
    if (value === undefined || value === "") field.hidden = true;
  }
}

// ---- rows -----------------------------------------------------------------------------------------------------------

let added = 0;
function addRow(button) {
  const list = button.closest("[data-rows]");
  const template = [...list.children].find((child) => child.tagName === "TEMPLATE");
  added += 1;
  const html = template.innerHTML.replaceAll(/(id|for|name|aria-labelledby|aria-describedby)="([^"]*-new[^"]*)"/g, (_all, key, id) =>
    `${key}="${id.replaceAll("-new", `-n${added}`)}"`);
  template.insertAdjacentHTML("beforebegin", html);
  const row = template.previousElementSibling;
  showWhatApplies();
  row.querySelector("input,select,textarea")?.focus();
}

// ---- faults at the fields -------------------------------------------------------------------------------------------

function clearFaults() {
  form.querySelectorAll("[data-fault]").forEach((fault) => { fault.hidden = true; fault.textContent = ""; });
  form.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
}

// No text: nothing is wrong here any more.
function faultAt(field, text) {
  const fault = [...field.children].find((child) => child.dataset.fault !== undefined);
  if (!fault) return false;
  fault.textContent = text;
  fault.hidden = !text;
  const place = input(field) || field;
  if (text) place.setAttribute("aria-invalid", "true");
  else place.removeAttribute("aria-invalid");
  return true;
}

function fieldAt(path) {
  if (path[0] === "presence") return form.querySelector("[data-presence] .fld"); // beside the payload
  let place = form;
  let field = null;
  for (const step of path) {
    if (/^\d+$/.test(step) && field) {
      const rows = field.querySelector("[data-rows]");
      place = rows ? rowsOf(rows)[Number(step)] || place : place;
      continue;
    }
    const keyedItem = field?.querySelector(`[data-key="${CSS.escape(step)}"]`);
    if (keyedItem) { place = keyedItem; continue; }
    const next = fields(place).find((one) => one.dataset.name === step);
    if (!next) break;
    field = next;
    place = next;
  }
  return field;
}

// What the plant said of fields goes to the fields; what has none stays in the list. The first field that has one.
function showFaults() {
  let first = null;
  for (const line of answerBox.querySelectorAll("[data-path]")) {
    const steps = line.dataset.path.split(".").filter((step) => step !== "payload" && step !== "_schema");
    const field = fieldAt(steps);
    if (!field || !faultAt(field, line.querySelector("[data-said]").textContent)) continue;
    first ||= field;
    line.remove();
  }
  return first;
}

function emptyRequired() {
  const found = [];
  const walk = (root) => {
    for (const field of fields(root)) {
      if (field.hidden) continue;
      if (field.dataset.required !== undefined) {
        const value = read(field);
        const empty = value === undefined || value === "" || (Array.isArray(value) && !value.length && ["permits", "gas_points"].includes(field.dataset.kind) && field.dataset.name !== "related");
        if (empty) found.push(field);
      }
      for (const row of field.querySelectorAll(":scope > [data-rows] > [data-row]")) walk(row);
      // what may be left out is asked for as a whole: once something of it is there
      if (field.dataset.kind === "object" && (field.dataset.required !== undefined || read(field) !== undefined)) walk(field);
    }
  };
  walk(form);
  return found;
}

// ---- sending --------------------------------------------------------------------------------------------------------

let position = null;

async function readPosition(button) {
  const said = form.querySelector("[data-position-said]");
  said.textContent = words.locating;
  navigator.geolocation.getCurrentPosition(
    ({ coords, timestamp }) => {
      position = { lat: coords.latitude.toFixed(6), lon: coords.longitude.toFixed(6), accuracy_m: String(Math.ceil(coords.accuracy)), at: new Date(timestamp).toISOString() };
      said.textContent = words.located.replace("{m}", position.accuracy_m);
    },
    () => { said.textContent = words.not_located; },
    { enableHighAccuracy: true, timeout: 15000 },
  );
  button.blur();
}

function transport() {
  const code = form.querySelector("[data-code]")?.value.trim();
  if (code) return { presence: { code } };
  return position ? { presence: position } : {};
}

async function proveWhoOneIs() {
  const field = form.querySelector("[data-password]");
  if (!field || !field.value) return true;
  const { word, minutes } = await proved(field.value);
  if (!word) { field.value = ""; return true; }
  faultAt(field.closest(".fld"), words[word].replace("{min}", minutes));
  field.focus();
  return false;
}

// ---- signing: by the key on this device, else by a passkey, else the server attests --------------------------------

const me = document.body.dataset.person;
const passkeys = JSON.parse(form?.dataset.passkeys || "[]");
const pinField = form?.querySelector("[data-pin]");

async function meansNow() {
  if (await enrolled(me)) return "device_key";
  return passkeys.length && canPasskey() && form.dataset.kindOf === "act" ? "passkey" : "attested";
}

async function showMeans() {
  const means = await meansNow();
  pinField.closest(".fld").hidden = means !== "device_key" || (await isUnlocked(me));
  form.querySelector("[data-signs-with]").textContent = words[`means_${means}`];
}

// False while the PIN is still wanted or was wrong: nothing is sent weaker than the person meant it.
async function unlocked() {
  const field = pinField.closest(".fld");
  if (field.hidden) return true;
  try {
    await unlock(me, pinField.value.trim());
    pinField.value = "";
    field.hidden = true;
    return true;
  } catch (trouble) {
    if (trouble instanceof KeyGone) { await showMeans(); faultAt(form.querySelector("[data-signs]"), words.key_gone); return false; }
    if (!(trouble instanceof WrongPin)) throw trouble;
    faultAt(field, words.wrong_pin);
    pinField.focus();
    return false;
  }
}

async function signed(client) {
  const means = await meansNow();
  if (means === "device_key") return sign(client);
  return means === "passkey" ? signWithPasskey(client, passkeys) : undefined;
}

async function show(status, body) {
  const said = status && await explained(form.dataset.answer, {
    status, body, type: form.dataset.type, job_id: form.dataset.job, permit_id: form.dataset.permit, seq: form.dataset.seq,
  });
  answerBox.innerHTML = said || `<div class="note wait" role="alert"><p></p></div>`;
  if (!said) answerBox.querySelector("p").textContent = words.no_answer;
  if (refused) answerBox.append(dismissal());
  const heading = answerBox.querySelector("[tabindex]") || answerBox;
  heading.focus();
  answerBox.scrollIntoView({ block: "start" });
}

const button = form?.querySelector("button[type=submit]");
const key = form ? `${form.dataset.type}|${form.dataset.job}|${form.dataset.permit}` : "";

function busy(now) {
  shut("busy", now);
  button.setAttribute("aria-busy", String(now));
}

const mayWait = form?.dataset.mayWait !== undefined;
let refused = ""; // the entry of the outbox whose refusal stands on this page

// Seen here, it need not be seen in the outbox too; who leaves without a word finds it there.
function dismissal() {
  const dismiss = document.createElement("button");
  dismiss.type = "button";
  dismiss.className = "btn full";
  dismiss.textContent = words.seen;
  dismiss.addEventListener("click", async () => {
    await forgetRefused();
    answerBox.replaceChildren();
    document.getElementById("main").focus();
  });
  return dismiss;
}

async function forgetRefused() {
  if (refused) await seen(refused);
  refused = "";
}

// A record that may wait: on this device first, then sent; without an answer it goes on from the outbox by itself.
// As deliver and after: whether the page is left now.
async function record(client, tapped, signature) {
  let entry;
  try {
    entry = await keepRecord(client, { title: form.dataset.title, subject: form.dataset.subject }, tapped, signature, namedIn(client.payload));
  } catch (trouble) {
    answerBox.innerHTML = `<div class="note alarm" role="alert"><p tabindex="-1"></p></div>`;
    answerBox.querySelector("p").textContent = trouble instanceof StoreFull ? words.device_full : words.not_kept;
    answerBox.querySelector("p").focus();
    return false;
  }
  form.dispatchEvent(new Event("kept"));
  askToPersist();
  await forgetRefused(); // this one is sent in its place
  const answer = isOffline() ? { status: 0, body: {} } : await deliverEntry(entry);
  if (isRefused(answer)) {
    refused = entry.id;
    form.dispatchEvent(new Event("refused"));
  }
  if (NAMED.has(answer.status) || answer.status === 401) return after(answer);
  const next = new URL(form.dataset.next, location.origin);
  location.assign(`${form.dataset.outbox}?next=${encodeURIComponent(next.pathname + next.search)}`);
  return true;
}

async function deliver(command, signature) {
  let answer = await send(command, { ...transport(), ...(signature ? { signature } : {}) });
  if (answer.status === 202) {
    await show(202, answer.body);
    answer = await look(answer.body.where || `/api/commands/${command.client.command_id}`);
  }
  if (NAMED.has(answer.status)) forget(key);
  return after(answer);
}

async function after(answer) {
  if (answer.status === 200) {
    const job = answer.body.job_id || form.dataset.job;
    const next = new URL(form.dataset.next, location.origin);
    if (form.dataset.new === "job_id" && job) next.pathname = next.pathname.replace(/board$/, `jobs/${job}`);
    next.searchParams.set("done", form.dataset.type);
    next.searchParams.set("no", answer.body.site_seq);
    location.assign(next);
    return true;
  }
  document.querySelector("[data-reasons]")?.remove();
  if (answer.status === 422) {
    await show(422, answer.body);
    const first = showFaults();
    if (first) (input(first) || first).focus();
    return false;
  }
  await show(answer.status, answer.body);
  return false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (isShut()) return;
  const tapped = performance.now();
  clearFaults();
  const empty = emptyRequired();
  if (empty.length) {
    empty.forEach((field) => faultAt(field, words.needed));
    (input(empty[0]) || empty[0]).focus();
    return;
  }
  busy(true); // from here on until the answer, or for good: a second tap is no second command
  let left = false;
  try {
    left = await proveAndSend(tapped);
  } finally {
    if (!left) busy(false);
  }
});
addEventListener("pageshow", ({ persisted }) => { if (form && persisted) busy(false); }); // left, and come back to

async function proveAndSend(tapped) {
  const waiting = kept(key);
  if (!(await proveWhoOneIs()) || !(await unlocked())) return false;
  const payload = object(form);
  // the same form, unanswered: the same id goes out again
  if (waiting && JSON.stringify(waiting.client.payload) === JSON.stringify(payload)) {
    return deliver(waiting, await signed(waiting.client));
  }
  const client = clientPart({
    type: form.dataset.type,
    version: Number(form.dataset.version),
    siteId: document.body.dataset.site,
    jobId: form.dataset.new === "job_id" ? newId() : form.dataset.job,
    permitId: form.dataset.new === "permit_id" ? newId() : form.dataset.permit,
    expected: form.dataset.expected === "" ? null : Number(form.dataset.expected),
    payload,
    lang,
  });
  let signature;
  try {
    signature = await signed(client);
  } catch (trouble) {
    if (trouble.name !== "NotAllowedError") throw trouble;
    faultAt(form.querySelector("[data-signs]"), words.passkey_cancelled);
    return false;
  }
  if (mayWait) return record(client, tapped, signature);
  const command = keep(key, client);
  command.tapped = tapped;
  return deliver(command, signature);
}

form?.addEventListener("click", (event) => {
  const add = event.target.closest("[data-add]");
  if (add) addRow(add);
  const del = event.target.closest("[data-del]");
  if (del) del.closest("[data-row]").remove();
  const place = event.target.closest("[data-position]");
  if (place) readPosition(place);
});

form?.addEventListener("change", async (event) => {
  showWhatApplies();
  const file = event.target;
  if (file.type !== "file" || !file.files.length) return;
  const field = file.closest("[data-kind=document],[data-line]");
  const said = field.querySelector("[data-uploaded]");
  field.querySelector("[data-sha]").value = ""; // one chosen before is not what is meant now
  said.hidden = true;
  faultAt(field, "");
  let stored;
  try {
    stored = await taken(file.files[0], mayWait, Number(form.dataset.documentBytes));
  } catch (trouble) {
    if (!(trouble instanceof NotTaken)) throw trouble;
    file.value = "";
    faultAt(field, words[`upload_${trouble.kind}`].replace("{mb}", Math.floor(form.dataset.documentBytes / 1048576)));
    return;
  }
  field.querySelector("[data-sha]").value = stored.sha256;
  said.hidden = false;
  said.querySelector(".id").textContent = stored.sha256.slice(0, 16);
  const waits = said.querySelector("[data-waits]");
  if (waits) waits.hidden = !stored.waits;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

if (form) {
  showWhatApplies();
  showMeans();
}
