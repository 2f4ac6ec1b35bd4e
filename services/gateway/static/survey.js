// The survey's counts: what is confirmed, does not apply, is not in place, and what is still open. Nothing is preset.
// What is answered and not yet recorded is kept on this device as its author's draft, and is there again for nobody else.
import { siteNow } from "./app.js";

const form = document.getElementById("command");
const place = document.querySelector("[data-counts]");
const lines = [...document.querySelectorAll("[data-line]")];
const note = document.querySelector("[data-draft]");
const answered = (line) => line.querySelector("input:checked")?.value || "";

function draw() {
  const count = (answer) => lines.filter((line) => (answered(line) || line.dataset.recorded) === answer).length;
  const values = { confirmed: count("confirmed"), not_applicable: count("not_applicable"), not_in_place: count("not_in_place"), open: count("") };
  place.textContent = place.dataset.words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

// ---- the draft ------------------------------------------------------------------------------------------------------

const DRAFTS = "sevengates.draft.";
const KEPT_MS = 12 * 3600 * 1000; // a shift: what was seen on site before says nothing of now
const { person, zone } = document.body.dataset;
const key = `${DRAFTS}${person}|${form.dataset.type}|${form.dataset.job}|${form.dataset.permit}`;
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });

// A photo that the plant has is named; one that is only on this page would be too much to keep, and the page says so.
const photoOf = (line) => (line.querySelector("[data-waits]").hidden ? line.querySelector("[data-sha]").value : "");

function keep() {
  const found = lines.map((line) => ({
    line: line.dataset.line, recorded: line.dataset.recorded, answer: answered(line), note: line.querySelector("[data-note]").value, photo: photoOf(line),
  })).filter(({ answer, note: written, photo }) => answer || written || photo);
  if (!found.length) { forget(); return; }
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), shown: clock.format(siteNow()), lines: found }));
  } catch {
    // no room: the answers are on this page only, as without a draft
  }
}

const forget = () => localStorage.removeItem(key);

function forgetOld() {
  for (const one of Object.keys(localStorage).filter((name) => name.startsWith(DRAFTS))) {
    const { at } = JSON.parse(localStorage.getItem(one));
    if (Math.abs(Date.now() - at) > KEPT_MS) localStorage.removeItem(one);
  }
}

// A line that has been recorded since by whomever is not answered from what was thought of it before.
function bringBack() {
  const draft = JSON.parse(localStorage.getItem(key) || "null");
  const found = (draft?.lines || []).flatMap((kept) => {
    const line = lines.find((one) => one.dataset.line === kept.line && one.dataset.recorded === kept.recorded);
    return line ? [[line, kept]] : [];
  });
  for (const [line, kept] of found) {
    if (kept.answer) line.querySelector(`input[value="${kept.answer}"]`).checked = true;
    line.querySelector("[data-note]").value = kept.note;
    line.querySelector("[data-sha]").value = kept.photo;
    line.querySelector("[data-uploaded]").hidden = !kept.photo;
    line.querySelector(".id").textContent = kept.photo.slice(0, 16);
    line.closest("details")?.setAttribute("open", "");
  }
  if (!found.length) return;
  note.hidden = false;
  const said = note.querySelector("[data-said]");
  said.textContent = said.dataset.words.replace("{n}", found.length).replace("{at}", draft.shown);
}

forgetOld();
bringBack();
form.addEventListener("input", keep);
form.addEventListener("kept", forget);
form.addEventListener("refused", keep); // it is in the outbox, but what stands here is still to be answered
form.addEventListener("change", draw);
note.querySelector("[data-forget]").addEventListener("click", () => { forget(); location.reload(); });
draw();
