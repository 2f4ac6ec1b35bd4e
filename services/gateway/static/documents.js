// Documents and photos: uploaded at once where there is a network; else kept with the record that names them.
import { isOffline } from "./offline.js";
import { prepared } from "./photo.js";
import { csrf } from "./send.js";

const UPLOAD_MS = 60000;
// sha256 -> blob: chosen on this page and not at the plant yet.
const unsent = new Map();

// The SHA-256 under which the plant has it; undefined: it has not got it.
export async function upload(blob) {
  const answer = await fetch("/api/documents", {
    method: "POST", headers: { "X-CSRF-Token": csrf(), "Content-Type": "application/octet-stream" }, body: blob,
    signal: AbortSignal.timeout(UPLOAD_MS),
  }).catch(() => null);
  return answer?.ok ? (await answer.json()).sha256 : undefined;
}

// {sha256, waits}: waits: it is only on this device. Throws where it is at the plant neither and can't be kept.
export async function taken(file, mayWait) {
  const there = isOffline() ? undefined : await upload(file);
  if (there) return { sha256: there, waits: false };
  if (!mayWait) throw new Error("not uploaded");
  const { sha256, blob } = await prepared(file);
  unsent.set(sha256, blob);
  return { sha256, waits: true };
}

// Those of a record that still have to be sent before it.
export function namedIn(payload) {
  const text = JSON.stringify(payload);
  return [...unsent].filter(([sha256]) => text.includes(`"${sha256}"`)).map(([sha256, blob]) => ({ sha256, blob }));
}
