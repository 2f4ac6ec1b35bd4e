// The password again, before an act that asks for it: "" if it is right, else the word of what went wrong and its minutes.
import { csrf } from "./send.js";

const MINUTE_S = 60;
export const minutesLeft = (answer) => Math.max(1, Math.ceil(Number(answer.headers.get("Retry-After")) / MINUTE_S));

export async function proved(password) {
  const answer = await fetch("/api/re-authenticate", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() },
    body: JSON.stringify({ password }),
  }).catch(() => null);
  if (answer?.ok) return { word: "" };
  if (answer?.status === 429) return { word: "locked", minutes: minutesLeft(answer) };
  if (answer?.status === 422) return { word: "wrong_password" };
  if (answer?.status !== 401) return { word: answer?.status === 403 ? "stale_page" : "not_proved" };
  const { error } = await answer.json().catch(() => ({}));
  return { word: error === "not_signed_in" ? "signed_out" : "wrong_password" };
}
