// STOP: one tap here sends it. It is kept on this device until the plant has answered, and tried again by itself.
import { deliver, isRefused, keepRecord } from "./outbox.js";
import { sign } from "./keys.js";
import { clientPart, keep } from "./send.js";

const page = document.getElementById("stop");
const words = JSON.parse(page.dataset.words);
const button = document.getElementById("stop-now");
const state = document.getElementById("stop-state");
const AGAIN_MS = 3000;
const IGNORE_FIRST_MS = 500; // the tap that opened this page must not stop anything
const opened = performance.now();
let sent = false;

function say(text, after) {
  state.hidden = false;
  state.querySelector("h2").textContent = text;
  state.querySelector("p").textContent = after || "";
}

// Kept on this device first, so that a closed page or an empty battery does not lose it; a device that can keep
// nothing sends all the same.
async function kept(client) {
  try {
    const about = { title: words.record_title, subject: client.job_id ? page.dataset.subject : "" };
    return await keepRecord(client, about, performance.now(), await sign(client).catch(() => undefined));
  } catch {
    const command = keep(`stop_work|${client.job_id || ""}`, client);
    return { id: client.command_id, client, page: command.page, tapped: command.tapped, tries: 0 };
  }
}

async function stop() {
  if (sent || performance.now() - opened < IGNORE_FIRST_MS) return;
  sent = true;
  button.disabled = true;
  const chosen = document.querySelector("input[name=work]:checked");
  const client = clientPart({
    type: "stop_work",
    version: 1,
    siteId: document.body.dataset.site,
    jobId: chosen?.value || "",
    permitId: "",
    expected: null,
    payload: {},
    lang: document.body.dataset.lang,
  });
  const entry = await kept(client);
  say(words.sending, "");
  for (;;) {
    const answer = await deliver(entry);
    if (answer.status === 202) {
      say(words.recording, words.recording_more);
      continue;
    }
    if (answer.status === 200) {
      say(words.stopped.replace("{no}", answer.body.site_seq), words.stopped_more);
      document.getElementById("stop-why").hidden = false;
      for (const gone of ["stop-title", "stop-what", "stop-now"]) document.getElementById(gone).hidden = true;
      if (client.job_id) document.getElementById("stop-job").href = document.getElementById("stop-job").dataset.href.replace("JOB", client.job_id);
      state.focus();
      return;
    }
    if (isRefused(answer)) {
      say(words.refused, words.refused_more);
      return;
    }
    if ([401, 403].includes(answer.status)) {
      say(words.not_sent, words.signed_out_more);
      return;
    }
    say(words.not_sent, words.not_sent_more);
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

button.addEventListener("click", stop);
