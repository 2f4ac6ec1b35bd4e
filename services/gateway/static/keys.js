// Signing with a key of one's own on this handheld. The private half is kept under the person's PIN (PBKDF2, AES-GCM)
// and is never extractable while in use; unlocked it may be used for a while, and never after somebody else signs in.

const NAME = "sevengates-keys";
const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const HASH = { name: "ECDSA", hash: "SHA-256" };
const ROUNDS = 600000; // of PBKDF2-HMAC-SHA-256 (OWASP password storage, 2023)
const UNLOCKED_MS = 15 * 60 * 1000;
const WRONG_MAX = 5;
const PIN_DIGITS_MIN = 6;

export class WrongPin extends Error {}
export class KeyGone extends Error {}

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const fromBase64url = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

// RFC 8785 for what a command can hold: texts, whole numbers, true and false, lists and objects.
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object") {
    return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
const bytesOf = (client) => new TextEncoder().encode(canonical(client));

// ---- what this device holds -----------------------------------------------------------------------------------------

async function store(name, mode, what) {
  const db = await new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => ["keys", "unlocked"].forEach((one) => asked.result.createObjectStore(one, { keyPath: "person" }));
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  try {
    return await new Promise((done, failed) => {
      const transaction = db.transaction(name, mode, { durability: "strict" });
      const asked = what(transaction.objectStore(name));
      transaction.oncomplete = () => done(asked.result);
      transaction.onabort = () => failed(transaction.error);
    });
  } finally {
    db.close();
  }
}

export const enrolled = (person) => store("keys", "readonly", (one) => one.get(person)).catch(() => undefined);
export const everyone = () => store("keys", "readonly", (one) => one.getAll()).catch(() => []);
export const lock = () => store("unlocked", "readwrite", (one) => one.clear()).catch(() => {});
export const forget = (person) => store("keys", "readwrite", (one) => one.delete(person));

// The word of what is wrong with a new PIN; "" if nothing is.
export function wrongNewPin(pin, again) {
  if (!/^\d+$/.test(pin) || pin.length < PIN_DIGITS_MIN) return "pin_short";
  return pin === again ? "" : "pin_differs";
}

async function wrapping(pin, salt) {
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

// A new key under this PIN: {key_id, public_key} to be registered. `whose`: {person, name, user, site}.
export async function enrol(whose, pin) {
  const pair = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
  const spki = await crypto.subtle.exportKey("spki", pair.publicKey);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const secret = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  const wrapped = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await wrapping(pin, salt), secret);
  const key_id = base64url(await crypto.subtle.digest("SHA-256", spki));
  await store("keys", "readwrite", (one) => one.put({ ...whose, key_id, salt, iv, wrapped, wrong: 0 }));
  return { key_id, public_key: base64url(spki) };
}

// Throws WrongPin; after WRONG_MAX of them the key is gone from this device, and KeyGone says so.
export async function unlock(person, pin) {
  const kept = await enrolled(person);
  if (!kept) throw new KeyGone();
  let secret;
  try {
    secret = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, await wrapping(pin, kept.salt), kept.wrapped);
  } catch {
    const wrong = kept.wrong + 1;
    if (wrong >= WRONG_MAX) {
      await forget(person);
      throw new KeyGone();
    }
    await store("keys", "readwrite", (one) => one.put({ ...kept, wrong }));
    throw new WrongPin();
  }
  const key = await crypto.subtle.importKey("pkcs8", secret, CURVE, false, ["sign"]);
  await store("keys", "readwrite", (one) => one.put({ ...kept, wrong: 0 }));
  await lock();
  await store("unlocked", "readwrite", (one) => one.put({ person, key, key_id: kept.key_id, until: Date.now() + UNLOCKED_MS }));
}

async function open(person) {
  const found = await store("unlocked", "readonly", (one) => one.get(person)).catch(() => undefined);
  if (!found || found.until < Date.now()) return undefined;
  await store("unlocked", "readwrite", (one) => one.put({ ...found, until: Date.now() + UNLOCKED_MS }));
  return found;
}

export const isUnlocked = async (person) => (await open(person)) !== undefined;

// The device key's signature over a client part, or over any bytes; undefined while it is locked.
export async function signBytes(person, bytes) {
  const found = await open(person);
  if (!found) return undefined;
  return { means: "device_key", key_id: found.key_id, value: base64url(await crypto.subtle.sign(HASH, found.key, bytes)) };
}
export const sign = (client) => signBytes(client.actor, bytesOf(client));

// ---- passkeys -------------------------------------------------------------------------------------------------------

export const canPasskey = () => "PublicKeyCredential" in globalThis && window.isSecureContext;

// A new passkey of this person: {key_id, public_key, rp_id, origin}.
export async function makePasskey(person, name) {
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: crypto.getRandomValues(new Uint8Array(32)),
      rp: { id: location.hostname, name: "Sevengates" },
      user: { id: new TextEncoder().encode(person), name, displayName: name },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
      attestation: "none",
    },
  });
  return { key_id: base64url(made.rawId), public_key: base64url(made.response.getPublicKey()), rp_id: location.hostname, origin: location.origin };
}

// The challenge is the hash of the very bytes that every means signs.
export async function signWithPasskey(client, keyIds) {
  const found = await navigator.credentials.get({
    publicKey: {
      challenge: await crypto.subtle.digest("SHA-256", bytesOf(client)),
      rpId: location.hostname,
      allowCredentials: keyIds.map((id) => ({ type: "public-key", id: fromBase64url(id) })),
      userVerification: "required",
    },
  });
  return {
    means: "passkey",
    key_id: base64url(found.rawId),
    value: base64url(found.response.signature),
    authenticator_data: base64url(found.response.authenticatorData),
    client_data: base64url(found.response.clientDataJSON),
  };
}
