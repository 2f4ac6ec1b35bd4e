// Sign-in: sends works number and password, and goes on to where the person wanted to go.
import { entrance, post } from "./entrance.js";

const { form, words, say, sayWhy } = entrance("signin", { 401: "refused", 422: "refused", 403: "stale_page" });

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const user = form.elements.user.value.trim();
  const password = form.elements.password.value;
  if (!user || !password) {
    say(words.both);
    (user ? form.elements.password : form.elements.user).focus();
    return;
  }
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    const answer = await post("/api/sign-in", { user, password });
    if (answer.ok) {
      location.assign(form.dataset.next || "/");
      return;
    }
    sayWhy(answer);
  } catch {
    say(words.no_answer);
  } finally {
    button.disabled = false;
  }
});
if (document.getElementById("persons").hidden) form.elements.user.focus();
