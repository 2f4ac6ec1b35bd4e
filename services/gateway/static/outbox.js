// The outbox: a record made here belongs to its author. It goes out under its author's session, under the same id until
// a named answer came; what the plant refused is shown until somebody has seen it.
import { entries, get, put, remove } from "./store.js";
import { upload } from "./documents.js";
import { look, pageId, send } from "./send.js";

const AGAIN_MS = [2000, 5000, 15000, 30000];
const REFUSED = new Set([403, 409, 413, 415, 422]);
// A page of an earlier session is not believed, whatever it carries: what it sends waits for a page of now.
export const isRefused = ({ status, body }) => REFUSED.has(status) && body.error !== "csrf";
const changed = new EventTarget();
let made = 0;
let failures = 0;
let timer = null;

export const person = () => document.body.dataset.person || "";
export const onChange = (hear) => changed.addEventListener("change", hear);
const tell = () => changed.dispatchEvent(new Event("change"));

// Asks the browser once not to clear what waits here when it is short of room.
export async function askToPersist() {
  if (navigator.storage?.persist && !(await navigator.storage.persisted())) await navigator.storage.persist();
}

// Kept before anything is sent. `about` is what a person reads of it: {title, subject}; `blobs`: documents that it names
// and that go before it, [{sha256, blob}].
export async function keepRecord(client, about, tapped = performance.now(), signature = undefined, blobs = []) {
  made += 1;
  const entry = {
    id: client.command_id, client, transport: signature ? { signature } : {}, author: client.actor, about, n: made,
    made: client.captured.device_time, page: pageId, tapped, state: "waiting", tries: 0, blobs,
  };
  await put(entry);
  tell();
  return entry;
}

export async function mine() {
  return (await entries()).filter((one) => one.author === person());
}

export async function waiting() {
  return (await entries()).filter((one) => one.state === "waiting");
}

// Documents first, each gone from the entry once the plant has it under the very name that the record says. Under
// another name it is another document, and one that the plant never takes comes to nothing: the record goes out, and the
// plant refuses it because its document is missing.
async function sendBlobs(entry) {
  while (entry.blobs?.length) {
    const [{ sha256, blob }, ...rest] = entry.blobs;
    const { sha256: there, never } = await upload(blob);
    if (!there && !never) {
      await put({ ...entry, tries: entry.tries + 1 });
      tell();
      return false;
    }
    if (there !== sha256) break;
    entry.blobs = rest;
    await put(entry);
  }
  return true;
}

// One entry to its answer: {status, body}. Gone on 200; kept as refused on a named refusal; else it waits on.
export async function deliver(entry) {
  if (!(await sendBlobs(entry))) return { status: 0, body: {} };
  let answer = await send({ client: entry.client, page: entry.page, tapped: entry.tapped }, entry.transport || {});
  if (answer.status === 202) answer = await look(answer.body.where || `/api/commands/${entry.id}`, 10, 500);
  if (answer.status === 200) await remove(entry.id);
  else if (isRefused(answer)) await put({ ...entry, state: "refused", answer });
  else await put({ ...entry, tries: entry.tries + 1, trouble: answer.body.reference });
  tell();
  return answer;
}

export async function seen(id) {
  const entry = await get(id);
  if (entry?.state === "refused") await remove(id);
  tell();
}

// Everything of this person, and what others signed with a key of their own: this session only carries it. In order, one
// page at a time; the first that gets no answer ends the round.
async function round() {
  for (const entry of await waiting()) {
    if (entry.author !== person() && !entry.transport.signature) continue;
    const answer = await deliver(entry);
    if (answer.status !== 200 && !isRefused(answer)) return false;
  }
  return true;
}

async function alone(work) {
  if (!navigator.locks) return work();
  return navigator.locks.request("sevengates-outbox", { ifAvailable: true }, (lock) => (lock ? work() : false));
}

export async function sendAll() {
  clearTimeout(timer);
  if (!person()) return;
  const done = await alone(round).catch(() => false);
  failures = done ? 0 : failures + 1;
  const left = (await mine()).some((one) => one.state === "waiting");
  if (left) timer = setTimeout(sendAll, AGAIN_MS[Math.min(failures, AGAIN_MS.length) - 1] || AGAIN_MS[0]);
}

// While a page is open: at once, when the network is back, and again and again while something waits.
export function keepSending() {
  addEventListener("online", sendAll);
  document.addEventListener("visibilitychange", () => document.hidden || sendAll());
  sendAll();
}
