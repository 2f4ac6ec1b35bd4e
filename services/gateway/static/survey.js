// The survey's counts: what is confirmed, does not apply, is not in place, and what is still open. Nothing is preset.
const place = document.querySelector("[data-counts]");
const lines = [...document.querySelectorAll("[data-line]")];
const answerOf = (line) => line.querySelector("input:checked")?.value || line.dataset.recorded;

function draw() {
  const count = (answer) => lines.filter((line) => answerOf(line) === answer).length;
  const values = { confirmed: count("confirmed"), not_applicable: count("not_applicable"), not_in_place: count("not_in_place"), open: count("") };
  place.textContent = place.dataset.words.replace(/\{(\w+)\}/g, (_all, name) => values[name]);
}

document.getElementById("command").addEventListener("change", draw);
draw();
