// My keys: a new key on this device under a PIN, or a passkey; each is registered as a fact on the plant's log.
import { canPasskey, enrol, enrolled, forget, makePasskey, wrongNewPin } from "./keys.js";
import { proved } from "./proof.js";
import { registerKey } from "./register_key.js";

const page = document.getElementById("keys");
const words = JSON.parse(page.dataset.words);
const said = document.getElementById("keys-said");
const me = document.body.dataset.person;

function say(text, bad = false) {
  said.textContent = text;
  said.className = bad ? "note alarm" : "note go";
  said.hidden = false;
  said.focus();
}

async function mayGoOn() {
  const { word, minutes } = await proved(document.getElementById("keys-password").value);
  if (word) say(words[word].replace("{min}", minutes), true);
  return !word;
}

async function register(means, key) {
  const told = await registerKey(means, document.getElementById("keys-device").value.trim() || words.this_device, key);
  if (told) { location.assign(`${location.pathname}?done=register_key&no=${told.site_seq}`); return true; }
  say(words.not_registered, true);
  return false;
}

document.getElementById("keys-enrol").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [pin, again] = ["keys-pin", "keys-pin-again"].map((id) => document.getElementById(id).value.trim());
  const wrong = wrongNewPin(pin, again);
  if (wrong) return say(words[wrong], true);
  if (!(await mayGoOn())) return undefined;
  const key = await enrol({ person: me, name: page.dataset.name, user: page.dataset.user, site: document.body.dataset.site }, pin);
  if (!(await register("device_key", key))) await forget(me);
  return undefined;
});

document.getElementById("keys-passkey").addEventListener("click", async () => {
  if (!(await mayGoOn())) return;
  try {
    await register("passkey", await makePasskey(me, page.dataset.name));
  } catch (trouble) {
    if (trouble.name !== "NotAllowedError" && trouble.name !== "InvalidStateError") throw trouble;
    say(words.passkey_cancelled, true);
  }
});

document.getElementById("keys-passkey").hidden = !canPasskey();
enrolled(me).then((found) => {
  for (const row of document.querySelectorAll("[data-key-id]")) row.querySelector("[data-here]").hidden = row.dataset.keyId !== found?.key_id;
});
