// Everything that changes the chat: each change is shown, kept for a reload and told to the other tabs.

import { begin, chat, find, forget, insert, made, nameOf, remove, save, unsent } from "./state.js";
import { removeItem, showHistory, showItem, showMarks } from "./log.js";
import { greet, say, showLanguage } from "./words.js";
import { mention, showStatus } from "./status.js";
import { keepForOffline } from "./device.js";
import { tell } from "./tabs.js";

/** Adds a message, or brings what is known of it up to date. */
export function put(item, told = false) {
  const first = !chat.id;
  begin();
  const known = find(nameOf(item));
  if (!known) {
    showItem(item, insert(item));
  } else if (item.state === "sent") {
    known.state = "sent";
  }
  const byServer = item.from !== "you" && !item.notice;
  if (byServer && item.epoch === chat.epoch) chat.last = Math.max(chat.last, item.after);
  changed();
  keepForOffline();
  if (!told) tell(first ? snapshot() : { kind: "put", chat: chat.id, item });
}

/** Takes a message out that could not be sent as it is. */
export function take(name, told = false) {
  remove(name);
  removeItem(name);
  changed();
  if (!told) tell({ kind: "take", chat: chat.id, name });
}

/** A message by the page itself. */
export function notice(text, values = {}) {
  put(made({ from: "system", notice: true, text, ...values }));
}

function changed() {
  save();
  showMarks();
  showStatus();
}

export function setToken(token, told = false) {
  chat.token = token;
  save();
  if (!told) tell({ kind: "token", chat: chat.id, epoch: chat.epoch, token });
}

/** Who holds the chat. The banner shows it; in the log stands what the server itself says of every change. */
export function setHolder(holder) {
  chat.holder = holder;
  changed();
}

export function setLanguage(language, choice, told = false) {
  chat.language = language;
  chat.choice = choice;
  save();
  showLanguage();
  if (!chat.items.length) greet();
  showMarks();
  showStatus();
  if (!told && chat.id) tell({ kind: "language", chat: chat.id, language, choice });
}

/** The server does not know this session any more. What is not sent goes into a new one. */
export function endSession(token) {
  if (token !== chat.token) return;
  const ended = made({ from: "system", notice: true, text: say("session_ended") });
  Object.assign(chat, { token: null, last: 0, holder: "bot", epoch: chat.epoch + 1 });
  moveIntoSession(unsent());
  showHistory();
  put(ended, true);
  tell(snapshot());
}

/** Puts messages that are not sent yet at the beginning of the present session. */
function moveIntoSession(items) {
  chat.items = chat.items.filter((item) => !items.includes(item));
  for (const item of items) insert({ ...item, epoch: chat.epoch, after: 0 });
}

/** What another tab needs to show the same chat. */
export const snapshot = () => ({ kind: "chat", chat: chat.id, state: chat });

/** Takes over what another tab knows. */
export function adopt(state) {
  if (!chat.id) {
    Object.assign(chat, state);
    showLanguage();
    showHistory();
    changed();
    return;
  }
  if (state.epoch > chat.epoch) {
    const mine = unsent().filter((item) => !state.items.some((other) => other.id === item.id));
    Object.assign(chat, state);
    moveIntoSession(mine);
    showHistory();
  } else if (state.epoch === chat.epoch) {
    for (const item of state.items) put(item, true);
    Object.assign(chat, { token: state.token || chat.token, holder: state.holder });
  }
  changed();
}

/** Shows a chat from its beginning, in place of what was here. `messages` as the server gives them, in order. */
export function comeBack(token, language, messages) {
  forget();
  begin();
  chat.token = token;
  messages.forEach((message, at) => {
    const own = message.from === "you";
    const after = Number(own ? message.after : message.id);
    insert({ ...message, epoch: chat.epoch, after, at: own ? at + 1 : 0, ...(own && { state: "sent", language }) });
    if (!own) chat.last = Math.max(chat.last, after);
  });
  setLanguage(language, "", true);
  showHistory();
  changed();
  keepForOffline();
  tell(snapshot());
}

/** Nothing of the chat is left on this page. */
export function clear() {
  forget();
  showHistory();
  mention(say("erased"));
}
