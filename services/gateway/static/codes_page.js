// An administrator hands somebody a one-time code: it is shown once, here, and said to that person.
import { entrance, post } from "./entrance.js";

const { form, words, say, sayWhy } = entrance("codes", { 403: "not_allowed", 404: "no_account", 422: "no_account" });
const made = document.getElementById("made");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.disabled) return;
  button.disabled = true;
  [document.getElementById("fault"), made].forEach((one) => { one.hidden = true; });
  try {
    const answer = await post("/api/one-time-codes", { user: form.elements.user.value.trim() });
    if (answer.ok) show(await answer.json());
    else sayWhy(answer);
  } catch {
    say(words.no_answer);
  } finally {
    button.disabled = false;
  }
});

function show({ user, code }) {
  made.querySelector("[data-user]").textContent = user;
  made.querySelector("[data-code]").textContent = code;
  made.hidden = false;
  made.focus();
}
