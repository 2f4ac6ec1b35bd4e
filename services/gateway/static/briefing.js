// Reading a briefing: a part is read when its end was on screen, whatever the time; a wrong answer shows the part again.
// Signing opens when all is read and answered. What was answered first, and how much of it right, goes with the record.
import { shut } from "./send_button.js";

const form = document.getElementById("command");
const parts = new Map([...document.querySelectorAll("[data-part]")].map((one) => [one.dataset.part, one]));
const questions = [...form.querySelectorAll("[data-question]")];
const still = form.querySelector("[data-still]");
const readOf = document.querySelector("[data-read-of]");
const FOOT_PX = 80; // the bar with STOP covers the end of the page on a handheld
const first = new Map();

const isRead = (part) => part.dataset.read !== undefined;
const isAnswered = (question) => question.querySelector("input:checked")?.value === question.dataset.right;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

function draw() {
  const unread = [...parts.values()].filter((one) => !isRead(one)).length;
  const open = questions.filter((one) => !isAnswered(one)).length;
  for (const [name, part] of parts) {
    part.querySelector("[data-done]").hidden = !isRead(part);
    document.querySelector(`[data-bar="${name}"]`).classList.toggle("done", isRead(part));
  }
  for (const one of questions) one.querySelector("[data-well]").hidden = !isAnswered(one);
  readOf.textContent = fill(readOf.dataset.words, { n: parts.size - unread, of: parts.size });
  still.hidden = unread + open === 0;
  still.textContent = fill(still.dataset.words, { parts: unread, questions: open });
  shut("unread", unread + open > 0);
}

const watcher = new IntersectionObserver((seen) => {
  for (const { isIntersecting, target } of seen) {
    if (!isIntersecting) continue;
    target.closest("[data-part]").dataset.read = "";
    watcher.unobserve(target);
  }
  draw();
}, { rootMargin: `0px 0px -${FOOT_PX}px 0px` });
const watch = (part) => watcher.observe(part.querySelector("[data-end]"));

function readAgain(question) {
  const part = parts.get(question.dataset.of);
  question.querySelectorAll("input").forEach((one) => { one.checked = false; });
  delete part.dataset.read;
  part.querySelector("[data-again]").hidden = false;
  part.scrollIntoView({ block: "start" });
  watch(part);
}

function keepAnswers() {
  if (!questions.length) return;
  const right = questions.filter((one) => first.get(one) === one.dataset.right).length;
  const told = questions.filter((one) => first.has(one)).map((one) => ({ topic: Number(one.dataset.question), chosen: first.get(one) }));
  form.querySelector("[data-name=answers] input").value = JSON.stringify(told);
  form.querySelector("[data-name=score] input").value = JSON.stringify(Math.round((100 * right) / questions.length));
}

form.addEventListener("change", (event) => {
  const question = event.target.closest("[data-question]");
  if (!question) return;
  if (!first.has(question)) first.set(question, event.target.value);
  if (!isAnswered(question)) readAgain(question);
  keepAnswers();
  draw();
});

parts.forEach(watch);
draw();
