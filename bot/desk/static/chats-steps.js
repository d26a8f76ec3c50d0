// Taking the open chat, and giving it away again.

import { call } from "./api.js";
import { byId, complain, data, isWide, say, setText } from "./chats-page.js";
import { attempting } from "./chats-live.js";
import { current, onChat, path, refresh } from "./chats-current.js";
import { choose, standing } from "./chats-queue.js";
import { ask } from "./chats-ask.js";

const fault = byId("fault");
/** Button -> whether it is there for a chat. */
const steps = {
  claim: (chat) => chat.state === "waiting",
  transfer: (chat) => chat.mine,
  requeue: (chat) => chat.mine,
  return: (chat) => chat.mine,
  close: (chat) => chat.mine || chat.state === "waiting",
};

onChat(({ chat }, isOther) => {
  const hadFocus = document.activeElement;
  for (const [name, isThere] of Object.entries(steps)) byId(name).hidden = !isThere(chat);
  byId("steps").hidden = byId("close").hidden;
  if (isOther) byId("steps").open = isWide();
  const isMine = chat.mine;
  const text = chat.state === "waiting" ? say("take_first")
    : chat.state === "person" ? say("held_by", { name: chat.assignee }) : chat.state === "erased" ? "" : standing(chat);
  setText(byId("standing"), isMine ? "" : text);
  if (hadFocus && byId("open").contains(hadFocus) && !hadFocus.checkVisibility()) byId("chat-title").focus();
});

/** Does a step and shows how the chat stands then, also if it could not be done. */
async function take(step, body) {
  const done = await attempting(fault, () => call("POST", path(step), body));
  const text = fault.textContent;
  await refresh();
  if (!done) complain(fault, text);
  return done;
}

export async function claim() {
  if (!current.row || current.row.state !== "waiting") return;
  byId("claim").disabled = true;
  const done = await take("claim");
  byId("claim").disabled = false;
  if (!done) return;
  choose("mine");
  // Unless the counsellor is somewhere else by now.
  if ([document.body, byId("chat-title")].includes(document.activeElement)) byId("text").focus();
}

async function transfer() {
  let colleagues = [];
  const done = await attempting(fault, async () => ({ colleagues } = await call("GET", "colleagues")));
  if (!done) return;
  if (!colleagues.length) return complain(fault, say("no_colleagues"));
  colleagues.sort((a, b) => b.here - a.here);
  const options = colleagues.map(({ name, here }) => [name, `${name} (${say(here ? "here" : "away")})`]);
  const to = await ask({ title: say("transfer_title"), text: say("transfer_text"), yes: say("transfer"), options });
  if (to) await take("transfer", { to });
}

async function sure(step) {
  const yes = await ask({ title: say(step + "_title"), text: say(step + "_text"), yes: say(step) });
  if (yes !== null) await take(step);
}

async function close() {
  const options = data.outcomes.map((outcome) => [outcome, say("outcome_" + outcome)]);
  const words = { title: say("close_title"), text: say("close_text"), yes: say("close"), legend: say("outcome") };
  const outcome = await ask({ ...words, options });
  if (outcome) await take("close", { outcome });
}

byId("claim").addEventListener("click", claim);
byId("transfer").addEventListener("click", transfer);
byId("requeue").addEventListener("click", () => sure("requeue"));
byId("return").addEventListener("click", () => sure("return"));
byId("close").addEventListener("click", close);
