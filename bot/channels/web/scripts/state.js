// What this tab knows of the chat: in memory, and in sessionStorage once the first message was written.

const SAVED = "wegwijzer";
const SHAPE = 1;

/** A chat before its first message. `epoch` counts its sessions with the server; `last` is the last event's number. */
const fresh = () => ({ id: null, token: null, epoch: 0, last: 0, holder: "bot", items: [] });

/** `language` is the page's; `choice` the one asked for ("" = as I write). */
export const chat = { language: document.documentElement.lang, choice: "", ...fresh(), ...saved() };

function saved() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(SAVED));
    return kept && kept.shape === SHAPE ? kept.chat : {};
  } catch {
    return {};
  }
}

/** Keeps the chat for a reload of this tab. Before the first message nothing is kept. */
export function save() {
  if (!chat.id) return;
  try {
    sessionStorage.setItem(SAVED, JSON.stringify({ shape: SHAPE, chat }));
  } catch {
    // A browser without storage still has the chat until the page is closed.
  }
}

export function forget() {
  Object.assign(chat, fresh());
  try {
    sessionStorage.removeItem(SAVED);
  } catch {
    // Nothing was kept.
  }
}

/** Gives the chat its name at the first message; by it the tabs know that they show the same one. */
export function begin() {
  if (!chat.id) chat.id = randomId();
}

/** crypto.randomUUID is missing in older browsers and without https. */
export function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A message's name among all of the chat: the server counts from 1 in every session. */
export const nameOf = (item) => item.epoch + "/" + item.id;

/**
 * The order of two messages, the same in every tab: the server's by their numbers, and between them what was said
 * here, after the last event that was known then (`after`), by the time (`at`; 0 for the server's).
 */
function compare(a, b) {
  return a.epoch - b.epoch || a.after - b.after || a.at - b.at || (a.id < b.id ? -1 : 1);
}

/** A message of this page, to be put where the chat stands now. */
export function made(values) {
  return { id: randomId(), epoch: chat.epoch, after: chat.last, at: Date.now(), language: chat.language, ...values };
}

export const find = (name) => chat.items.find((item) => nameOf(item) === name);

/** Puts a message in its place and returns the one it stands before, if any. */
export function insert(item) {
  const index = chat.items.findIndex((other) => compare(item, other) < 0);
  if (index < 0) chat.items.push(item);
  else chat.items.splice(index, 0, item);
  return index < 0 ? null : chat.items[index + 1];
}

export function remove(name) {
  chat.items = chat.items.filter((item) => nameOf(item) !== name);
}

export const unsent = () => chat.items.filter((item) => item.state === "unsent");
