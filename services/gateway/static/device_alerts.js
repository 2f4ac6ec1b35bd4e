// "Alerts on this device" on the page More: mute, try the sound, be woken.
import { canPush, isOn, turnOff, turnOn } from "./push.js";
import { isMuted, mute, ring } from "./ring.js";

const box = document.getElementById("device-alerts");
const words = JSON.parse(box.dataset.words);
const said = box.querySelector("[data-push-said]");
const on = box.querySelector("[data-push-on]");
const off = box.querySelector("[data-push-off]");
const muted = box.querySelector("[data-mute]");

muted.checked = isMuted();
muted.addEventListener("change", () => mute(muted.checked));
box.querySelector("[data-try]").addEventListener("click", () => ring("stop"));

function draw(word) {
  if (!on) return;
  on.hidden = isOn() || !canPush();
  off.hidden = !isOn();
  said.textContent = words[word || (canPush() ? (isOn() ? "on" : "off") : "cannot")];
}

on?.addEventListener("click", async () => draw(await turnOn(box.dataset.pushKey)));
off?.addEventListener("click", async () => { await turnOff(); draw(); });
draw();
