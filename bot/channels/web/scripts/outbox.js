// Sends what was written, in order and once: every message keeps its id, so that the server knows a second try.

import { chat, find, nameOf, unsent } from "./state.js";
import { backOff, call, endPauses, pause, wait } from "./api.js";
import { endSession, notice, put, setToken, take } from "./conversation.js";
import { showTrouble } from "./log.js";
import { mention, now, showStatus } from "./status.js";
import { connect } from "./events.js";
import { alone } from "./tabs.js";
import { say } from "./words.js";

/** Failures in a row after which it is said in words and a button is offered. */
const MANY = 3;
const SLOW_SECONDS = 2;
const NUMBERS = "numbers";

let running = false;
let failures = 0;

/** Sends what is not sent yet. Called again while it runs, it goes on at once. */
export async function sendAll() {
  if (running) return endPauses();
  running = true;
  const sending = setTimeout(() => showSending(true), 600);
  const slow = setTimeout(() => showTrouble(true, false), SLOW_SECONDS * 1000);
  while (unsent().length) {
    try {
      await alone(sendInOrder);
    } catch (error) {
      await recover(error);
    }
  }
  clearTimeout(sending);
  clearTimeout(slow);
  showSending(false);
  running = false;
}

/** A person wants it now. */
export function tryAgain() {
  failures = Math.min(failures, MANY - 1);
  endPauses();
  sendAll();
}

async function sendInOrder() {
  while (unsent().length) {
    await ensureToken();
    connect();
    // Meanwhile the chat may have been erased, or another tab may have sent it.
    const [item] = unsent();
    if (!item) return;
    if (!(await send(item, chat.token))) continue;
    failures = 0;
    for (const help of chat.items.filter((one) => one.id === NUMBERS)) take(nameOf(help));
    showTrouble(false, false);
  }
}

async function ensureToken() {
  // Another tab that has just made one is about to tell.
  if (!chat.token) await wait(0.05);
  if (chat.token || !chat.id) return;
  const body = { language: chat.choice || chat.language, explicit: Boolean(chat.choice) };
  setToken((await call("POST", "/api/conversations", body)).token);
}

/** Sends a message; false when the session ended meanwhile. */
async function send(item, token) {
  const present = item.button && item.buttonEpoch === chat.epoch;
  // A button of an ended session means nothing to the new one; its words do.
  const body = present ? { id: item.id, button: item.button } : { id: item.id, text: item.text };
  try {
    await call("POST", "/api/messages", body);
  } catch (error) {
    if (error.status === 401) {
      endSession(token);
      if (failures) throw error;
      failures += 1;
      return false;
    }
    const refused = error.status >= 400 && error.status < 500 && error.status !== 429 && error.status !== 408;
    if (!refused) throw Object.assign(error, { item });
    giveBack(item, error);
    return true;
  }
  if (find(nameOf(item))) put({ ...item, state: "sent" });
  return true;
}

/** The server will never take this one: its text goes back to where it can be changed. */
function giveBack(item, error) {
  if (!find(nameOf(item))) return;
  take(nameOf(item));
  const field = document.getElementById("text");
  if (!item.button) field.value = field.value ? item.text + "\n" + field.value : item.text;
  field.dispatchEvent(new Event("input"));
  mention(error.status === 413 ? say("too_long") : error.message || say("not_sent"));
}

async function recover(error) {
  if (error.status === 429) {
    if (error.urgent && error.item) warn(error);
    now.slowDown = true;
    showStatus();
    await wait(error.retryAfter || 5);
    now.slowDown = false;
    return;
  }
  failures += 1;
  const isCutOff = failures >= MANY || error.name === "AbortError" || navigator.onLine === false;
  if (error.status >= 500 && error.message) showNumbers(error.message, error.language || chat.language);
  else if (isCutOff) showNumbers(say("offline_text") + "\n\n" + say("numbers"), chat.language);
  showTrouble(true, failures >= MANY);
  showSending(false);
  await pause(Math.max(backOff(failures), error.retryAfter || 0));
}

/** Whoever cannot send can still call. It is said once, and taken back when the trouble is over. */
function showNumbers(text, language) {
  if (chat.id && !chat.items.some((one) => one.id === NUMBERS)) notice(text, { id: NUMBERS, language });
}

/** The safety text for a message that was not taken: once for each. */
function warn(error) {
  const language = error.language || chat.language;
  notice(error.message, { id: "urgent-" + error.item.id, urgent: true, language });
}

function showSending(is) {
  now.sending = is;
  showStatus();
}
