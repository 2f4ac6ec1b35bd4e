// The site's live events, once for all pages of a browser: one page holds the connection and passes on what it hears
// (a browser opens six connections to one host, and an open stream is one of them for ever).
// What is told: "live", "lost", and the server's own events (services/gateway/sse.py) with their data.

const SILENT_MS = 40000; // the server says something every 15 s
const AGAIN_MS = 5000;
const { site, person } = document.body.dataset;
const name = `sevengates.events.${site}.${person}`;
const heard = ["hello", "here", "outcome", "stop", "shown"];
const hearers = new Map();
const channel = "BroadcastChannel" in window && navigator.locks ? new BroadcastChannel(name) : null;
let source = null;
let silence = 0;
let seq = 0;
let state = "";

export function onStream(event, hear) {
  hearers.set(event, [...(hearers.get(event) || []), hear]);
  if (event === state) hear({});
}

function tell(event, data = {}) {
  if (event === "live" || event === "lost") {
    if (event === state) return;
    state = event;
  }
  for (const hear of hearers.get(event) || []) hear(data);
}

function told(event, data) {
  clearTimeout(silence);
  silence = setTimeout(dead, SILENT_MS);
  if (event !== "lost") tell("live");
  tell(event, data);
}

function dead() {
  tell("lost");
  channel?.postMessage({ event: "lost", data: {} });
  open(); // whoever held the connection may be gone
}

function open() {
  source?.close();
  source = new EventSource(`/api/sites/${site}/events`);
  for (const event of heard) {
    source.addEventListener(event, (message) => {
      const data = JSON.parse(message.data);
      seq = Math.max(seq, data.site_seq || 0);
      told(event, data);
      channel?.postMessage({ event, data });
    });
  }
  source.addEventListener("error", () => {
    tell("lost");
    channel?.postMessage({ event: "lost", data: {} });
    if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MS);
  });
  silence = setTimeout(dead, SILENT_MS);
}

function follow() {
  channel.addEventListener("message", ({ data: { event, data, asks } }) => {
    if (asks) {
      if (source && state === "live") channel.postMessage({ event: "hello", data: { site_seq: seq } });
    } else if (!source) told(event, data);
  });
  channel.postMessage({ asks: true });
  navigator.locks.request(name, () => {
    if (!source) open();
    return new Promise(() => {}); // held until this page is gone
  });
  silence = setTimeout(dead, SILENT_MS);
}

if (channel) follow();
else open();
