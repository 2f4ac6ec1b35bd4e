// Documents and photos: uploaded at once where there is a network; else kept with the record that names them.
import { isOffline } from "./offline.js";
import { NotTaken, prepared } from "./photo.js";
import { csrf } from "./send.js";

const UPLOAD_MS = 60000;
// What the plant says of a document that it never takes, however often it is sent.
const NEVER = { 413: "large", 415: "type", 422: "broken" };
const NOT_NOW = { 401: "signed_out", 429: "too_many" };
// sha256 -> blob: chosen on this page and not at the plant yet.
const unsent = new Map();

// {sha256}: the plant has it under this name · {never}: it will not take it, and why · {status}: it has not got it.
export async function upload(blob) {
  const answer = await fetch("/api/documents", {
    method: "POST", headers: { "X-CSRF-Token": csrf(), "Content-Type": "application/octet-stream" }, body: blob,
    signal: AbortSignal.timeout(UPLOAD_MS),
  }).catch(() => null);
  if (answer?.ok) return { sha256: (await answer.json()).sha256 };
  return { status: answer?.status || 0, never: NEVER[answer?.status] };
}

// {sha256, waits}: waits: it is only on this device. Throws NotTaken where it is at the plant neither and can't be kept.
export async function taken(file, mayWait, bytesMax) {
  if (!file.size) throw new NotTaken("empty");
  if (file.size > bytesMax) throw new NotTaken("large");
  const { sha256: there, never, status } = isOffline() ? {} : await upload(file);
  if (there) return { sha256: there, waits: false };
  if (never) throw new NotTaken(never);
  if (!mayWait) throw new NotTaken(NOT_NOW[status] || "no_answer");
  const { sha256, blob } = await prepared(file);
  unsent.set(sha256, blob);
  return { sha256, waits: true };
}

// Those of a record that still have to be sent before it.
export function namedIn(payload) {
  const text = JSON.stringify(payload);
  return [...unsent].filter(([sha256]) => text.includes(`"${sha256}"`)).map(([sha256, blob]) => ({ sha256, blob }));
}
