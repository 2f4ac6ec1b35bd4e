// One tap for what says itself: somebody goes in, comes out. The link leads to the same command's form: there the PIN is
// asked where the key is locked, and there a refusal says its reasons.
import { enrolled, isUnlocked, sign } from "./keys.js";
import { isOffline } from "./offline.js";
import { deliver, keepRecord } from "./outbox.js";
import { clientPart, look, send } from "./send.js";

const me = document.body.dataset.person;

function go(done, answer) {
  const here = new URL(location.href);
  here.searchParams.set("done", done);
  here.searchParams.set("no", answer.body.site_seq);
  here.hash = "inside";
  location.assign(here);
}

// A record is kept on this device first; an act needs the plant's answer now.
async function sent(told, client, tapped, signature) {
  if (told.act === undefined) {
    const entry = await keepRecord(client, { title: told.title, subject: told.subject }, tapped, signature);
    return isOffline() ? { status: 0 } : deliver(entry);
  }
  const answer = await send({ client, page: client.captured.page_id, tapped }, signature ? { signature } : {});
  return answer.status === 202 ? look(answer.body.where || `/api/commands/${client.command_id}`) : answer;
}

async function tap(link, told) {
  const tapped = performance.now();
  if ((await enrolled(me)) && !(await isUnlocked(me))) { location.assign(link.href); return; }
  const client = clientPart({
    type: told.type, version: 1, siteId: document.body.dataset.site, jobId: told.job, permitId: told.permit, expected: null,
    payload: told.payload, lang: document.body.dataset.lang,
  });
  const answer = await sent(told, client, tapped, await sign(client));
  if (answer.status === 200) go(told.type, answer);
  else location.assign(told.act === undefined ? link.dataset.outbox : link.href);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-quick]");
  if (!link || link.getAttribute("aria-disabled") === "true") return;
  event.preventDefault();
  link.setAttribute("aria-disabled", "true");
  tap(link, JSON.parse(link.dataset.quick)).catch(() => location.assign(link.href));
});
