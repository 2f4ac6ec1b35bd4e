// The list of what waits on this device: made here by whom, when, and what the plant said of it. Can be saved as a file.
import { explained } from "./answers.js";
import { entries } from "./store.js";
import { onChange, person, seen, sendAll } from "./outbox.js";

const box = document.getElementById("outbox");
const words = JSON.parse(box.dataset.words);
const stamp = new Intl.DateTimeFormat(document.body.dataset.lang, { dateStyle: "medium", timeStyle: "medium" });

function line(tag, text, className = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function codes({ body, status }) {
  const list = document.createElement("ul");
  const found = body?.refusals?.map((one) => one.code) || [body?.error || String(status)];
  for (const code of new Set(found)) list.append(line("li", code, "id"));
  return list;
}

// Why it was refused: in words where the plant can be asked for them, else its codes.
function reasons(entry) {
  const place = document.createElement("div");
  place.className = "st";
  place.append(line("p", words.refused, "bad"), codes(entry.answer));
  const { client } = entry;
  const told = { ...entry.answer, type: client.type, job_id: client.job_id, permit_id: client.permit_id };
  explained(box.dataset.answer, told).then((said) => { if (said !== undefined) place.innerHTML = said; });
  return place;
}

function card(entry) {
  const item = document.createElement("li");
  item.className = "st6";
  item.append(line("b", entry.about.title), line("p", [entry.about.subject, stamp.format(new Date(entry.made))].filter(Boolean).join(" · "), "s"));
  if (entry.author !== person() && !entry.transport.signature) {
    item.append(line("p", words.waits_for_author, "s"));
  } else if (entry.state === "refused") {
    item.append(reasons(entry));
    const button = line("button", words.seen, "btn");
    button.type = "button";
    button.addEventListener("click", () => seen(entry.id));
    item.append(button);
  } else {
    item.append(line("p", words.waiting, "s"));
    if (entry.trouble) item.append(line("p", words.trouble.replace("{reference}", entry.trouble)));
  }
  return item;
}

async function draw() {
  const found = await entries();
  box.replaceChildren(...found.map(card));
  document.getElementById("outbox-none").hidden = found.length > 0;
  for (const one of document.querySelectorAll("[data-when-some]")) one.hidden = found.length === 0;
}

document.getElementById("outbox-save").addEventListener("click", async () => {
  const found = (await entries()).map(({ tapped, blobs, ...entry }) => ({ ...entry, photos: (blobs || []).map((one) => one.sha256) }));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 1)], { type: "application/json" }));
  link.download = "sevengates-unsent.json";
  link.click();
  URL.revokeObjectURL(link.href);
});
document.getElementById("outbox-send").addEventListener("click", sendAll);
onChange(draw);
draw();
