// A handheld becomes somebody's: the badge says who, the one-time code proves it once, and a key is made under a PIN.
import { entrance, post } from "./entrance.js";
import { enrol, forget, lock, wrongNewPin } from "./keys.js";
import { registerKey } from "./register_key.js";

const { form, words, say, sayWhy } = entrance("enrol", { 401: "refused", 403: "stale_page", 422: "refused" });
let me = null; // the code is spent, the person is in: after that only the key may still be missing

const given = () => Object.fromEntries(["user", "code", "device", "pin", "again"].map((name) => [name, form.elements[name].value.trim()]));

// False where the code was not taken; the page has said why.
async function enter({ user, code }) {
  const answer = await post("/api/sign-in-by-code", { user, code: code.toUpperCase() });
  if (!answer.ok) { sayWhy(answer); return false; }
  const told = await answer.json();
  document.querySelector("meta[name=csrf-token]").content = told.csrf;
  Object.assign(document.body.dataset, { person: told.person_id, site: told.site_id });
  navigator.serviceWorker?.controller?.postMessage("forget-pages");
  await lock();
  me = { person: told.person_id, name: told.user, user: told.user, site: told.site_id };
  ["user", "code"].forEach((one) => { form.elements[one].readOnly = true; });
  me.name = (await (await fetch("/api/me")).json()).name;
  return true;
}

async function makeKey({ device, pin }) {
  const told = await registerKey("device_key", device || words.this_device, await enrol(me, pin));
  if (told) { location.assign(`/sites/${encodeURIComponent(me.site)}/today?done=register_key&no=${told.site_seq}`); return; }
  await forget(me.person);
  say(words.not_registered);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  if (button.disabled) return;
  const said = given();
  const wrong = !said.user || !said.code ? "both" : wrongNewPin(said.pin, said.again);
  if (wrong) { say(words[wrong]); return; }
  button.disabled = true;
  try {
    if (me || (await enter(said))) await makeKey(said);
  } catch (trouble) {
    if (!(trouble instanceof TypeError)) throw trouble;
    say(words[me ? "not_registered" : "no_answer"]);
  } finally {
    button.disabled = false;
  }
});
form.elements[form.elements.user.value ? "code" : "user"].focus();
