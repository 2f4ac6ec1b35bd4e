// The six digits of the guardian, new each minute, with the seconds they still hold.
const box = document.getElementById("presence");
const digits = box.querySelector("[data-digits]");
const left = box.querySelector("[data-seconds]");
const fault = box.querySelector("[data-fault]");
let until = 0;

async function ask() {
  try {
    const answer = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) throw new Error(String(answer.status));
    const seconds = told.seconds_left ?? told.expires_in_s ?? told.valid_for_s ?? 60;
    digits.textContent = `${told.code.slice(0, 3)} ${told.code.slice(3)}`;
    until = performance.now() + seconds * 1000;
    fault.hidden = true;
  } catch {
    fault.hidden = false;
    digits.textContent = "––– –––";
    until = performance.now() + 5000;
  }
}

async function tick() {
  const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
  left.textContent = String(seconds);
  if (seconds === 0) await ask();
  setTimeout(tick, 500);
}
tick();
