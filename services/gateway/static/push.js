// Web Push on this device, for the person who asked for it, while their session lasts.

const WHO = "sevengates.push"; // the person who asked for it on this device
const TOLD = "sevengates.push.told"; // the session that the plant knows of
const { person } = document.body.dataset;
const token = () => document.querySelector("meta[name=csrf-token]").content;

export const canPush = () => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

export function isOn() {
  return canPush() && Notification.permission === "granted" && localStorage.getItem(WHO) === person;
}

async function ours() {
  return (await navigator.serviceWorker.ready).pushManager.getSubscription();
}

async function tell(method, body) {
  const headers = { "X-CSRF-Token": token() };
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch("/api/push-subscription", { method, headers, body: body && JSON.stringify(body) });
  return answer.ok;
}

async function register(subscription) {
  const { endpoint, keys } = subscription.toJSON();
  const done = await tell("POST", { endpoint, p256dh: keys.p256dh, auth: keys.auth });
  if (done) sessionStorage.setItem(TOLD, token());
  return done;
}

// -> "on", "denied", "failed"
export async function turnOn(publicKey) {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  try {
    const { pushManager } = await navigator.serviceWorker.ready;
    const key = Uint8Array.from(atob(publicKey.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    if (!(await register(await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })))) return "failed";
  } catch {
    return "failed";
  }
  localStorage.setItem(WHO, person);
  return "on";
}

export async function turnOff() {
  await tell("DELETE");
  await (await ours())?.unsubscribe();
  localStorage.removeItem(WHO);
}

// A new session of the same person goes on; a device that another person took over is not woken for the one before.
export async function keepSubscribed() {
  try {
    if (!canPush() || Notification.permission !== "granted" || sessionStorage.getItem(TOLD) === token()) return;
    const subscription = await ours();
    if (!subscription) return;
    if (localStorage.getItem(WHO) === person) await register(subscription);
    else await subscription.unsubscribe();
  } catch {
    // tried again on the next page
  }
}
