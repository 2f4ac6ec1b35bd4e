// The service worker: what was last seen can be read without a network; nothing is sent and nothing is decided here.
// The gateway puts the list of files of this release and its hash in front (services/gateway/pages/offline.py).
/* global RELEASE, FILES, OFFLINE_PAGE */
const FILES_CACHE = `files-${RELEASE}`;
const PAGES_CACHE = "pages";
const PERSON_HEADER = "X-Sevengates-Person";
const KEPT_AT = "X-Kept-At";
const WHOSE = "/whose-pages-these-are";
const PAGES_MAX = 60;
const PATIENCE_MS = 4000;
let turn = 0; // counts who is here: what was asked for in the turn of the one before is not kept when it comes

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(FILES_CACHE);
    await cache.addAll([...FILES, OFFLINE_PAGE].map((one) => new Request(one, { cache: "reload" })));
  })());
});

// A new release waits until no page of the old one is open: a form is never changed under somebody's hands.
self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith("files-") && name !== FILES_CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
  })());
});

// Signing out, or another person signing in, takes the pages of the one before away. `keep`: addresses that this
// person will need at the place of work, fetched ahead while there is a network.
self.addEventListener("message", (event) => {
  if (event.data === "forget-pages") {
    turn += 1;
    event.waitUntil(caches.delete(PAGES_CACHE));
  } else if (event.data.keep) {
    // a page that was on its way while this worker became active was not there to be claimed
    event.waitUntil(Promise.all([self.clients.claim(), fetchAhead(event.data.keep)]));
  }
});

async function fetchAhead(addresses) {
  const asked = turn;
  for (const address of addresses) {
    if (asked !== turn) return;
    try {
      const answer = await fetch(address, { headers: { Accept: "text/html" } });
      if (answer.ok && !answer.redirected) await keep(new Request(address), answer, asked);
    } catch {
      return; // no network: what is kept stays
    }
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/")) event.respondWith(file(request));
  else if (request.mode === "navigate") event.respondWith(page(request));
});

async function file(request) {
  const kept = await caches.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  // what is asked for on demand is of this release too once it is here
  if (answer.ok && answer.headers.get("Cache-Control")?.includes("immutable")) {
    const copy = answer.clone();
    await caches.open(FILES_CACHE).then((cache) => cache.put(request, copy)).catch(() => {}); // no room: fetched again
  }
  return answer;
}

async function page(request) {
  const asked = turn;
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (answer.ok && !answer.redirected) await keep(request, answer.clone(), asked);
    return answer;
  } catch {
    const cache = await caches.open(PAGES_CACHE);
    const ignoreSearch = /\/(outbox|stop)$/.test(new URL(request.url).pathname); // the same page, whatever it leads back to
    const kept = await cache.match(request, { ignoreVary: true, ignoreSearch });
    return kept ? old(kept) : (await caches.match(OFFLINE_PAGE)) || Response.error();
  }
}

// What was kept, saying how old it is: its clocks and countdowns go on from there, and it never looks like now.
async function old(kept) {
  const html = await kept.text();
  const age = Math.max(0, Date.now() - Number(kept.headers.get(KEPT_AT)));
  return new Response(html.replace("<body ", `<body data-kept-ms="${age}" `), { headers: kept.headers });
}

async function keep(request, answer, asked) {
  const person = answer.headers.get(PERSON_HEADER);
  if (!person) return;
  const blob = await answer.blob();
  let cache = await caches.open(PAGES_CACHE);
  const before = await cache.match(WHOSE);
  const another = before && (await before.text()) !== person;
  if (asked !== turn) return;
  if (another) {
    turn += 1;
    await caches.delete(PAGES_CACHE);
    cache = await caches.open(PAGES_CACHE);
  }
  await cache.put(WHOSE, new Response(person));
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, String(Date.now()));
  await cache.put(request, new Response(blob, { headers }));
  const kept = (await cache.keys()).filter((one) => !one.url.endsWith(WHOSE));
  await Promise.all(kept.slice(0, Math.max(0, kept.length - PAGES_MAX)).map((one) => cache.delete(one)));
}

// A message of the plant to whoever asked to be woken on this device (services/gateway/pushing.py): shown at once.
self.addEventListener("push", (event) => {
  const told = event.data.json();
  event.waitUntil(self.registration.showNotification(told.title, {
    body: told.body,
    tag: told.tag,
    renotify: true,
    requireInteraction: told.loud,
    vibrate: told.loud ? [800, 200, 800, 200, 800] : [200, 100, 200],
    data: { url: told.url },
  }));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil((async () => {
    const { url } = event.notification.data;
    const open = await self.clients.matchAll({ type: "window" });
    if (!open.length) return self.clients.openWindow(url);
    await open[0].focus();
    return open[0].navigate(url);
  })());
});
