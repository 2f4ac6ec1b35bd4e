// A code by the camera; a field to type it in always stands beside. `data-scan` names the field, `data-submit` sends its
// form; an address of ours gives its last part, anything else goes in as it is. Where the browser reads codes by itself
// it does; elsewhere a reader of QR codes is fetched, and once a device has been here it keeps it for the place of work.
const EVERY_MS = 200;
const LONGEST_MS = 60_000;
const FRAME_PX_MAX = 960;
const FORMATS = ["qr_code", "data_matrix", "code_128"];
const READER = "./qr_reader.js";

const canScan = Boolean(navigator.mediaDevices?.getUserMedia);
const open = new Map();

// What a printed permit or a badge says: its address, or the bare number.
export function meant(text) {
  const told = text.trim();
  if (!/^https?:/.test(told) || !URL.canParse(told)) return told;
  const address = new URL(told);
  return address.searchParams.get("user") || decodeURIComponent(address.pathname.split("/").filter(Boolean).at(-1) || "");
}

// ---- two ways to look at a frame of the camera; null: this browser has none of its own ------------------------------

async function byBrowser() {
  const known = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []);
  if (!known?.includes("qr_code")) return null;
  const detector = new globalThis.BarcodeDetector({ formats: FORMATS.filter((one) => known.includes(one)) });
  return async (video) => (await detector.detect(video))[0]?.rawValue || "";
}

async function byReader() {
  const { default: decode } = await import(READER);
  const frame = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, FRAME_PX_MAX / Math.max(video.videoWidth, video.videoHeight));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    Object.assign(frame.canvas, { width, height });
    frame.drawImage(video, 0, 0, width, height);
    try {
      return decode(frame.getImageData(0, 0, width, height));
    } catch {
      return ""; // no code in this frame
    }
  };
}

// ---- one scan -------------------------------------------------------------------------------------------------------

async function read(stream, video, look) {
  video.srcObject = stream;
  await video.play();
  const until = performance.now() + LONGEST_MS;
  while (stream.active && performance.now() < until) {
    let found = "";
    try {
      found = await look(video);
    } catch {
      look = await byReader(); // a browser that has the name and not the service
    }
    if (found) return found;
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  return "";
}

const saidBy = (button) => document.querySelector(`[data-scan-said="${button.dataset.scan}"]`);

function say(button, word, code = "") {
  const place = saidBy(button);
  place.textContent = (JSON.parse(place.dataset.words)[word] || "").replace("{code}", code);
  place.hidden = !word;
}

function shown() {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true, className: "scan" });
  video.setAttribute("aria-hidden", "true");
  return video;
}

async function scan(button) {
  const field = document.getElementById(button.dataset.scan);
  const video = shown();
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  let stream;
  open.set(button, () => stream?.getTracks().forEach((track) => track.stop()));
  try {
    const own = await byBrowser();
    const look = own || (await byReader());
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    label.textContent = button.dataset.stop;
    say(button, own ? "looking" : "looking_qr");
    saidBy(button).after(video);
    video.scrollIntoView({ block: "center" });
    const text = meant(await read(stream, video, look));
    const stopped = !stream.active;
    if (text) found(button, field, text);
    else {
      say(button, stopped ? "" : "nothing");
      if (!stopped) field.focus();
    }
  } catch {
    cannot(button);
    field.focus();
  } finally {
    open.get(button)();
    open.delete(button);
    label.textContent = before;
    video.remove();
  }
}

// Of a list: the choice whose value it is, or that begins with it ("SP-1201-A · inlet spool").
function choiceOf(list, text) {
  const said = [...list.options].find((one) => [one.value, one.text.split(" · ")[0]].some((each) => each.toUpperCase() === text.toUpperCase()));
  return said?.value || "";
}

function found(button, field, text) {
  field.focus();
  const value = field.options ? choiceOf(field, text) : text;
  say(button, value ? "found" : "unknown", text);
  if (!value) return;
  field.value = value;
  field.dispatchEvent(new Event("scanned", { bubbles: true }));
  if (button.dataset.submit !== undefined) field.form.requestSubmit();
}

function cannot(button) {
  button.hidden = true;
  say(button, "cannot");
}

for (const button of document.querySelectorAll("[data-scan]")) {
  if (canScan) {
    button.hidden = false;
    button.addEventListener("click", () => (open.has(button) ? open.get(button)() : scan(button)));
  } else cannot(button);
}

// On a device that has been here before, after all that the page needs: at the place of work there may be no network.
addEventListener("load", async () => {
  if (canScan && navigator.serviceWorker?.controller && !(await byBrowser())) fetch(READER).catch(() => {});
});
