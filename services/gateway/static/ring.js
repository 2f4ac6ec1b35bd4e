// Sound and vibration, made here (no file). What is muted on this device never includes a stop or an emergency.

const MUTED = "sevengates.muted";
const VOLUME = 0.6;
// kind -> [frequency in Hz, seconds] one after the other; and the vibration in ms
const TUNES = {
  stop: { notes: [[880, 0.22], [587, 0.22], [880, 0.22], [587, 0.22], [880, 0.22], [587, 0.4]], shakes: [400, 120, 400, 120, 800] },
  evacuate: { notes: [[440, 0.3], [587, 0.3], [784, 0.3], [1047, 0.6], [440, 0.3], [587, 0.3], [784, 0.3], [1047, 0.6]], shakes: [800, 200, 800, 200, 800] },
  alarm: { notes: [[740, 0.15], [0, 0.1], [740, 0.15]], shakes: [200, 100, 200] },
  gas: { notes: [[523, 0.15], [659, 0.15], [784, 0.25]], shakes: [200, 100, 200, 100, 200] },
};
const ALWAYS = ["stop", "evacuate"];
const hearers = [];
let context = null;

export const onBlocked = (hear) => hearers.push(hear);

export function isMuted() {
  try {
    return localStorage.getItem(MUTED) === "yes";
  } catch {
    return false;
  }
}

export function mute(on) {
  localStorage.setItem(MUTED, on ? "yes" : "no");
}

// A browser lets a page sound once somebody has touched it; it is said when one could not.
async function ready() {
  context ||= new AudioContext();
  if (context.state === "suspended") await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 300))]);
  const blocked = context.state !== "running";
  hearers.forEach((hear) => hear(blocked));
  return !blocked;
}

export async function ring(kind) {
  if (isMuted() && !ALWAYS.includes(kind)) return;
  const { notes, shakes } = TUNES[kind];
  try {
    navigator.vibrate?.(shakes);
    if (await ready()) play(notes);
  } catch {
    hearers.forEach((hear) => hear(true)); // no way to sound on this device
  }
}

function play(notes) {
  let at = context.currentTime;
  for (const [hertz, seconds] of notes) {
    if (hertz) {
      const tone = context.createOscillator();
      const volume = context.createGain();
      tone.type = "square";
      tone.frequency.value = hertz;
      volume.gain.value = VOLUME;
      tone.connect(volume).connect(context.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}

for (const touch of ["pointerdown", "keydown"]) {
  document.addEventListener(touch, () => ready().catch(() => {}), { once: true, capture: true });
}
