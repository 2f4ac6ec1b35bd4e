// Sign-in: sends works number and password, and goes on to where the person wanted to go.
import { minutesLeft } from "./proof.js";
import { csrf } from "./send.js";

const SAID = { 401: "refused", 422: "refused", 403: "stale_page" };
const form = document.getElementById("signin");
const words = JSON.parse(form.dataset.words);
const fault = document.getElementById("fault");

function say(text) {
  fault.hidden = false;
  fault.querySelector("[data-text]").textContent = text;
  fault.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const user = form.elements.user.value.trim();
  const password = form.elements.password.value;
  if (!user || !password) {
    say(words.both);
    (user ? form.elements.password : form.elements.user).focus();
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch("/api/sign-in", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() },
      body: JSON.stringify({ user, password }),
    });
    if (answer.ok) {
      location.assign(form.dataset.next || "/");
      return;
    }
    say(answer.status === 429 ? words.locked.replace("{min}", minutesLeft(answer)) : words[SAID[answer.status] || "broken"]);
  } catch {
    say(words.no_answer);
  } finally {
    button.disabled = false;
  }
});
if (document.getElementById("persons").hidden) form.elements.user.focus();
