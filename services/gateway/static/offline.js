// Whether the plant can be reached, and what a page says and allows while it can't.
import { shut } from "./send_button.js";

const ASK_EVERY_MS = 15000;
const PATIENCE_MS = 4000;
let heard = 0; // answers to a question asked before the browser last said otherwise are old news
let offline = !navigator.onLine || document.body.dataset.keptMs !== undefined;
const hearers = [];

export const isOffline = () => offline;
export const onConnection = (hear) => hearers.push(hear);

async function ask() {
  const asked = ++heard;
  let gone = true;
  try {
    gone = !(await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
  } catch {
    // nobody answered
  }
  if (asked === heard) told(gone);
}

function lost() {
  heard += 1;
  told(true);
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
  const why = document.getElementById("why-not-offline");
  shut("offline", offline);
  if (why) why.hidden = !offline;
}

export function watchConnection() {
  addEventListener("offline", lost);
  addEventListener("online", ask);
  draw();
  ask();
  setInterval(ask, ASK_EVERY_MS);
}
