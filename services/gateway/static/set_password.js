// A password by a one-time code: the first one, and every one after a lockout. Then signed in with it.
import { entrance, post } from "./entrance.js";

const { form, words, say, sayWhy } = entrance("set-password", { 401: "refused", 403: "stale_page", 422: "too_short" });

// The word of what is wrong before anything is sent; "" if nothing is.
function wrong({ user, code, password, again }) {
  if (!user || !code || !password) return "all";
  if ([...password].length < Number(form.dataset.charsMin)) return "too_short";
  return password === again ? "" : "differ";
}

async function set(given) {
  const { user, code, password } = given;
  const answer = await post("/api/set-password", { user, code, password });
  if (!answer.ok) {
    sayWhy(answer);
    return;
  }
  const signedIn = await post("/api/sign-in", { user, password });
  location.assign(signedIn.ok ? "/" : `/sign-in?user=${encodeURIComponent(user)}`);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.disabled) return;
  const { user, code, password, again } = form.elements;
  const given = { user: user.value.trim(), code: code.value.trim().toUpperCase(), password: password.value, again: again.value };
  const word = wrong(given);
  if (word) { say(words[word]); return; }
  button.disabled = true;
  await set(given).catch(() => say(words.no_answer));
  button.disabled = false;
});
form.elements[form.elements.user.value ? "code" : "user"].focus();
