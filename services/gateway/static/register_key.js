// A key becomes a fact on the plant's log. -> the answer's body, or null if the plant did not take it.
import { clientPart, look, send } from "./send.js";

export async function registerKey(means, device, key) {
  const client = clientPart({
    type: "register_key", version: 1, siteId: document.body.dataset.site, jobId: "", permitId: "", expected: null,
    payload: { means, device, ...key }, lang: document.documentElement.lang,
  });
  let answer = await send({ client, page: "", tapped: performance.now() });
  if (answer.status === 202) answer = await look(`/api/commands/${client.command_id}`);
  return answer.status === 200 ? answer.body : null;
}
