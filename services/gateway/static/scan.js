// A code by the camera, where the browser reads codes by itself; a field to type it in always stands beside.
// `data-scan` names the field, `data-submit` sends its form; an address of ours gives its last part, anything else goes in as it is.
const EVERY_MS = 200;
const FORMATS = ["qr_code", "data_matrix", "code_128"];

const canScan = "BarcodeDetector" in globalThis && Boolean(navigator.mediaDevices?.getUserMedia);

// What a printed permit or a badge says: its address, or the bare number.
export function meant(text) {
  const told = text.trim();
  if (!/^https?:/.test(told) || !URL.canParse(told)) return told;
  const address = new URL(told);
  return address.searchParams.get("user") || decodeURIComponent(address.pathname.split("/").filter(Boolean).at(-1) || "");
}

async function read(stream, video) {
  const detector = new globalThis.BarcodeDetector({ formats: FORMATS });
  video.srcObject = stream;
  await video.play();
  while (stream.active) {
    const found = await detector.detect(video).catch(() => []);
    if (found.length) return found[0].rawValue;
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  return "";
}

async function scan(button) {
  const field = document.getElementById(button.dataset.scan);
  const video = document.createElement("video");
  video.muted = true;
  video.playsInline = true;
  video.className = "scan";
  button.after(video);
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    field.value = meant(await read(stream, video));
    field.dispatchEvent(new Event("scanned", { bubbles: true }));
    if (button.dataset.submit !== undefined && field.value) field.form.requestSubmit();
  } catch {
    cannot(button);
    field.focus();
  } finally {
    stream?.getTracks().forEach((track) => track.stop());
    video.remove();
  }
}

function cannot(button) {
  button.hidden = true;
  document.querySelector(`[data-no-scan="${button.dataset.scan}"]`)?.removeAttribute("hidden");
}

for (const button of document.querySelectorAll("[data-scan]")) {
  if (canScan) {
    button.hidden = false;
    button.addEventListener("click", () => scan(button));
  } else cannot(button);
}
