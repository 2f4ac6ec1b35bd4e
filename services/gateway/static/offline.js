// Whether the plant can be reached, and what a page says and allows while it can't.

const ASK_EVERY_MS = 15000;
const PATIENCE_MS = 4000;
let offline = !navigator.onLine || document.body.dataset.keptMs !== undefined;
const hearers = [];

export const isOffline = () => offline;
export const onConnection = (hear) => hearers.push(hear);

async function ask() {
  try {
    const answer = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    told(!answer.ok);
  } catch {
    told(true);
  }
}

function told(now) {
  const changed = now !== offline;
  offline = now;
  draw();
  if (changed) hearers.forEach((hear) => hear(offline));
}

// Acts need the plant's answer at once: without it they are disabled and say why. Records go to the outbox.
function draw() {
  document.body.toggleAttribute("data-offline", offline);
  const note = document.getElementById("offline");
  if (note) note.hidden = !offline;
  const form = document.getElementById("command");
  if (!form || form.dataset.mayWait !== undefined) return;
  const button = form.querySelector("button[type=submit]");
  const why = document.getElementById("why-not-offline");
  if (button.dataset.may === undefined) button.dataset.may = String(!button.disabled);
  button.disabled = offline || button.dataset.may === "false";
  if (why) why.hidden = !offline;
}

export function watchConnection() {
  addEventListener("offline", () => told(true));
  addEventListener("online", ask);
  draw();
  ask();
  setInterval(ask, ASK_EVERY_MS);
}
