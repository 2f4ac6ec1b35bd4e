// One command: made once, kept before it is sent, sent again under the same id until a named answer came.
// The client part (what is hashed) never changes between tries; only `elapsed_ms` is measured again.

const ABORT_MS = 10000;
const CLOCK = "sevengates.clock";
const SERVER_CLOCK_MS = 1000; // a Date header counts whole seconds
const DRIFT = 0.0002; // of a device's clock, on the safe side: 17 s a day
const CLOCK_GOOD_FOR_MS = 7 * 24 * 3600 * 1000;
const KEPT = "sevengates.command.";

export const csrf = () => document.querySelector("meta[name=csrf-token]").content;

export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export const pageId = newId();

// A command that still waits for its answer is kept with the page that made it: on another page its age is not known
// from this clock.
export function keep(key, client) {
  const kept = { client, page: pageId, tapped: performance.now() };
  store(KEPT + key, JSON.stringify(kept));
  return kept;
}

export function kept(key) {
  const found = sessionStorage.getItem(KEPT + key);
  return found ? JSON.parse(found) : null;
}

export function forget(key) {
  sessionStorage.removeItem(KEPT + key);
}

function store(key, value) {
  try {
    sessionStorage.setItem(key, value);
  } catch {
    // a full or forbidden store: the command is in memory and goes out now; only a reload would lose its id
  }
}

export function clientPart({ type, version, siteId, jobId, permitId, expected, payload, lang }) {
  const client = {
    command_id: newId(),
    type,
    version,
    site_id: siteId,
    actor: document.body.dataset.person,
    captured: { device_time: new Date().toISOString(), page_id: pageId },
    lang,
    payload,
  };
  if (jobId) client.job_id = jobId;
  if (permitId) client.permit_id = permitId;
  if (expected !== null && expected !== undefined) client.expected_version = expected;
  return client;
}

// How far this device's clock is from the plant's, from the answer to a request; the best of what was measured is kept.
function measure(answer, askedAt, began) {
  const date = Date.parse(answer.headers.get("Date") || "");
  if (Number.isNaN(date)) return;
  const took = performance.now() - began;
  const measured = { offset: Math.round(askedAt + took / 2 - (date + SERVER_CLOCK_MS / 2)), worth: Math.ceil(took / 2 + SERVER_CLOCK_MS), at: askedAt };
  try {
    localStorage.setItem(CLOCK, JSON.stringify(measured));
  } catch {
    // without it, a record made on another page has an unknown time: no evidence, but kept
  }
}

// {offset_ms, worth_ms} of the last contact, wider with every hour since; nothing if it is too old.
function clockKnown() {
  const found = JSON.parse(localStorage.getItem(CLOCK) || "null");
  const since = found ? Date.now() - found.at : Infinity;
  if (since < 0 || since > CLOCK_GOOD_FOR_MS) return undefined;
  return { offset_ms: found.offset, worth_ms: found.worth + Math.ceil(since * DRIFT) };
}

// -> { status, body } ; status 0: nobody answered (the command may or may not have arrived: send again, same id)
export async function send(command, transport = {}) {
  const body = { ...command.client, ...transport };
  if (command.page === pageId) body.elapsed_ms = Math.max(0, Math.round(performance.now() - command.tapped));
  else if (clockKnown()) body.clock = clockKnown();
  const began = performance.now();
  const askedAt = Date.now();
  const aborted = AbortSignal.timeout(ABORT_MS);
  try {
    const answer = await fetch("/api/commands", {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": csrf() },
      body: JSON.stringify(body),
      signal: aborted,
    });
    measure(answer, askedAt, began);
    return { status: answer.status, body: await answer.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
}

// Asks where a 202 said to look, until it is decided or the time is over.
export async function look(where, tries = 20, pauseMs = 500) {
  for (let n = 0; n < tries; n += 1) {
    await new Promise((done) => setTimeout(done, pauseMs));
    try {
      const answer = await fetch(where, { headers: { Accept: "application/json" } });
      if (answer.status !== 202 && answer.status !== 404) return { status: answer.status, body: await answer.json() };
    } catch {
      // no network: look again
    }
  }
  return { status: 202, body: { where } };
}
