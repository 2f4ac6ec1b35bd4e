// Live by server-sent events. The board fetches its fragment anew and replaces it in place, without a reload;
// a page with a form or a long record says that it is behind and leaves the reader where he is.

import { shut } from "./send_button.js";
import { onStream } from "./stream.js";

const live = document.getElementById("live");
const words = JSON.parse((document.querySelector("[data-live]") || live).dataset.words || "{}");
const word = document.querySelector("[data-live-word]");
const said = document.getElementById("said");
let seq = Number(live.dataset.seq);
let busy = false;
let again = false;

function state(text) {
  if (word) word.textContent = words[text];
}

function flash(before) {
  let changed = 0;
  for (const one of live.querySelectorAll("[data-key]")) {
    const was = before.get(one.dataset.key);
    if (was === one.dataset.sum) continue;
    one.classList.add("flash");
    changed += 1;
  }
  if (changed) said.textContent = words.changed.replace("{n}", changed);
}

async function refresh() {
  if (busy) { again = true; return; }
  busy = true;
  try {
    const answer = await fetch(live.dataset.fragment, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const before = new Map([...live.querySelectorAll("[data-key]")].map((one) => [one.dataset.key, one.dataset.sum]));
      const focused = document.activeElement?.closest("[data-key]")?.dataset.key;
      live.innerHTML = await answer.text();
      seq = Number(live.firstElementChild?.dataset.seq || seq);
      if (focused) live.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
      flash(before);
    }
  } finally {
    busy = false;
    if (again) { again = false; refresh(); }
  }
}

// What a page signs has changed under it: it can no longer be sent from here, and it says who changed what and when.
async function behind() {
  document.getElementById("stale").hidden = false;
  const told = document.querySelector("[data-meanwhile]");
  if (!told) return;
  shut("overtaken", true);
  const answer = await fetch(told.dataset.meanwhile, { headers: { Accept: "text/html" } }).catch(() => null);
  if (answer?.ok) told.innerHTML = await answer.text();
}

function heard(data) {
  if (data.site_seq <= seq) return;
  if (live.dataset.fragment) refresh();
  else if (data.job_id === live.dataset.job || !data.job_id) behind();
}

onStream("live", () => state("live"));
onStream("lost", () => state("lost"));
onStream("hello", (data) => {
  // something may have been decided between the making of the page and the opening of the stream
  if (data.site_seq > seq && live.dataset.fragment) refresh();
});
onStream("outcome", heard);
