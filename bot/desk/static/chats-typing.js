// Shows that the person in the open chat is writing. Only the web chat tells us; Telegram never does.

import { byId, say, setText } from "./chats-page.js";
import { on } from "./chats-live.js";
import { current, onChat } from "./chats-current.js";

/** Shown so long after the last sign, in seconds; the person's page says it again every five. */
const LASTS = 7;
/** Who listens to the page hears it once in so many seconds at most. */
const QUIET = 60;

const line = byId("typing");
let timer = 0;
let said = 0;
let toldAt = -Infinity;

function show(is) {
  clearTimeout(timer);
  line.hidden = !is;
  if (!is) return setText(byId("typing-told"), "");
  timer = setTimeout(() => show(false), LASTS * 1000);
  if (performance.now() - toldAt < QUIET * 1000) return;
  toldAt = performance.now();
  setText(byId("typing-told"), say("typing"));
}

on("typing", ({ id }) => id === current.id && show(true));

// What was being written has come, or it is another chat.
onChat(({ chat, talk }, isOther) => {
  const theirs = talk.filter((one) => one.from === "you").length;
  if (isOther) toldAt = -Infinity;
  if (isOther || theirs !== said || !chat.mine) show(false);
  said = theirs;
});
