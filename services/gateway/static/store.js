// Records that wait on this device (IndexedDB, durable): kept before they are sent, gone only on a named answer.

const NAME = "sevengates";
const VERSION = 1;
const WAITING = "outbox";
export const ENTRIES_MAX = 2000;

export class StoreFull extends Error {}

function open() {
  return new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, VERSION);
    asked.onupgradeneeded = () => asked.result.createObjectStore(WAITING, { keyPath: "id" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
    asked.onblocked = () => failed(new Error("blocked"));
  });
}

async function work(mode, what) {
  const db = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = db.transaction(WAITING, mode, { durability: "strict" });
      const asked = what(transaction.objectStore(WAITING));
      transaction.oncomplete = () => done(asked?.result);
      transaction.onabort = () => failed(transaction.error?.name === "QuotaExceededError" ? new StoreFull() : transaction.error);
      transaction.onerror = (event) => event.preventDefault();
      asked.onerror = () => transaction.abort();
    });
  } finally {
    db.close();
  }
}

// In the order in which they were made.
export async function entries() {
  const found = await work("readonly", (store) => store.getAll());
  return found.sort((a, b) => a.made.localeCompare(b.made) || a.n - b.n);
}

// Throws StoreFull where the device has no room: then nothing was kept, and the page says so.
export async function put(entry) {
  const count = await work("readonly", (store) => store.count());
  if (count >= ENTRIES_MAX) throw new StoreFull();
  try {
    await work("readwrite", (store) => store.put(entry));
  } catch (trouble) {
    if (trouble?.name === "QuotaExceededError") throw new StoreFull();
    throw trouble;
  }
}

export const get = (id) => work("readonly", (store) => store.get(id));
export const remove = (id) => work("readwrite", (store) => store.delete(id));
