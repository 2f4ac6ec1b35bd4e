// The button that sends the form of a page: shut while anybody has a reason to keep it shut. Nobody opens it over
// another's head: a form that is being sent, or that has been overtaken, stays shut when the network comes back.
const button = document.querySelector("#command button[type=submit]");
const reasons = new Set(button?.disabled ? ["may not"] : []);

export const isShut = () => reasons.size > 0;

export function shut(why, now) {
  if (now) reasons.add(why);
  else reasons.delete(why);
  if (button) button.disabled = isShut();
}
