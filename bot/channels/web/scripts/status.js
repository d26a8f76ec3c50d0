// The status line, and the lasting banner that says who holds the chat.

import { chat } from "./state.js";
import { say } from "./words.js";

const line = document.getElementById("status");
const banner = document.getElementById("banner");
const botNotice = document.getElementById("notice");

/** What the line is made of, besides the chat itself. */
export const now = { sending: false, slowDown: false, lost: false };
/** A person's typing is shown for this long; the desk says it again while it goes on. */
const TYPING_SECONDS = 6;
let typing = 0;
let passing = "";
let timer = 0;

/** Says something for a while. */
export function mention(text) {
  passing = text;
  clearTimeout(timer);
  timer = setTimeout(() => mention(""), 8000);
  if (!text) clearTimeout(timer);
  showStatus();
}

/** A person is writing (or, `false`, has just written). */
export function personTypes(is = true) {
  clearTimeout(typing);
  typing = is ? setTimeout(() => personTypes(false), TYPING_SECONDS * 1000) : 0;
  showStatus();
}

export function showStatus() {
  const text = passing || lasting();
  if (line.textContent !== text) line.textContent = text;
  const held = chat.holder === "waiting" || chat.holder === "person";
  banner.hidden = !held;
  banner.textContent = held ? say("holder_" + chat.holder) : "";
  botNotice.hidden = chat.holder === "person";
}

function lasting() {
  if (navigator.onLine === false) return say("offline");
  if (now.lost) return say("connection_lost");
  if (now.slowDown) return say("too_fast");
  if (now.sending) return say("sending");
  if (typing && chat.holder === "person") return say("person_typing");
  return answerIsComing() ? say("typing") : "";
}

function answerIsComing() {
  if (chat.holder !== "bot") return false;
  const said = chat.items.filter((item) => !item.notice);
  const last = said[said.length - 1];
  return Boolean(last) && last.state === "sent";
}
