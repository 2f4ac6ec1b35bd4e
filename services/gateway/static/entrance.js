// A form that sends no command (who one is, a password, a code): says above its fields what went wrong, in words that
// the page carries.
import { minutesLeft } from "./proof.js";
import { csrf } from "./send.js";

export const post = (path, body = {}) => fetch(path, {
  method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf() }, body: JSON.stringify(body),
});

// `saidOf`: the word for each status that has one.
export function entrance(id, saidOf) {
  const form = document.getElementById(id);
  const words = JSON.parse(form.dataset.words);
  const fault = document.getElementById("fault");
  const say = (text) => {
    fault.hidden = false;
    fault.querySelector("[data-text]").textContent = text;
    fault.focus();
  };
  const sayWhy = (answer) => say(answer.status === 429 ? words.locked.replace("{min}", minutesLeft(answer)) : words[saidOf[answer.status] || "broken"]);
  return { form, words, say, sayWhy };
}
