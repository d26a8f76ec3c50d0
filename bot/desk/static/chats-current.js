// The chat that is open: read anew whenever it changes, and handed to the parts of the page that show it.

import { call } from "./api.js";
import { byId, complain } from "./chats-page.js";
import { onRow, take } from "./chats-state.js";
import { on, reason } from "./chats-live.js";

/** `row` is null until the chat has been read. */
export const current = { id: null, row: null };
const watchers = [];

/** Has `act(got, isOther)` called with the chat, its talk and its notes. `isOther`: it is not the chat of before. */
export const onChat = (act) => watchers.push(act);

/** Where a chat is in the API. */
export const path = (what = "") => `chats/${encodeURIComponent(current.id)}${what && "/" + what}`;

export async function open(id) {
  current.id = id;
  current.row = null;
  complain(byId("fault"));
  complain(byId("none-fault"));
  // Nothing may be written into a chat that is not there yet.
  byId("open").hidden = true;
  byId("none").hidden = true;
  await refresh();
}

export function leave() {
  current.id = null;
  current.row = null;
  complain(byId("none-fault"));
  byId("open").hidden = true;
  byId("none").hidden = false;
}

let reading = null;
let again = false;
let isStale = false;

/** Reads the open chat. `byItself`: nobody has asked for it, so it does not make the session go on. */
export function refresh(byItself = false) {
  if (reading) again = true;
  else reading = readAll(byItself);
  return reading;
}

async function readAll(byItself) {
  try {
    do {
      again = false;
      await read(byItself);
    } while (again);
  } finally {
    // Before anybody hears of the end: whoever asks from now on is read for anew.
    reading = null;
  }
}

async function read(byItself) {
  const { id } = current;
  if (!id) return;
  isStale = false;
  let got;
  try {
    got = await call("GET", path(), undefined, byItself ? { Accept: "text/event-stream" } : {});
  } catch (error) {
    isStale = true;
    if (id !== current.id) return;
    if (!current.row) complain(byId("none-fault"), reason(error));
    else if (!byItself) complain(byId("fault"), reason(error));
    return;
  }
  if (id !== current.id) {
    again = true;
    return;
  }
  const isOther = current.row === null;
  current.row = got.chat;
  byId("open").hidden = false;
  take(got.chat, true);
  watchers.forEach((act) => act(got, isOther));
}

function look() {
  // What comes while nobody looks stays unread.
  if (isStale && document.visibilityState === "visible") refresh(true);
}

onRow((row) => {
  const known = current.row;
  if (row.id !== current.id || !known) return;
  isStale ||= row.version !== known.version || row.state !== known.state || row.assignee !== known.assignee;
  look();
});
on("open", () => {
  isStale = current.id !== null;
  look();
});
document.addEventListener("visibilitychange", look);
