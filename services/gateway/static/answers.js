// What an answer of the plant means, in words: the page's server says it, as HTML; nothing is decided or kept there.
import { csrf } from "./send.js";

// told: {status, body, type, job_id, permit_id, seq}. undefined: nobody answered.
export async function explained(address, told) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() },
    body: JSON.stringify(told),
  }).catch(() => null);
  return answer?.ok ? answer.text() : undefined;
}
