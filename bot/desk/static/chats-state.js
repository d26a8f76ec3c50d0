// The chats that this page knows of, by their rows.

import { call } from "./api.js";

/** id -> row; `since` in a waiting one is when it began to wait, on this page's clock. */
export const chats = new Map();
const watchers = [];

/** Has `act(row, before)` called when a row is new or has changed; `before` is null if the page did not know it. */
export const onRow = (act) => watchers.push(act);

export const isOpen = (row) => row.state === "waiting" || row.state === "person";

/** Takes in what the desk says of a chat. `quietly`: it is no news. */
export function take(row, quietly = false) {
  const before = chats.get(row.id) || null;
  if (row.waiting !== null) row.since = performance.now() - row.waiting * 1000;
  chats.set(row.id, row);
  if (!quietly) watchers.forEach((act) => act(row, before));
}

let known = false;

/** Reads the open chats. The first time they are no news. */
export async function readOpen() {
  const { chats: rows } = await call("GET", "chats?filter=all");
  const present = new Set(rows.map((row) => row.id));
  for (const [id, row] of chats) if (isOpen(row) && !present.has(id)) chats.delete(id);
  for (const row of rows) take(row, !known);
  known = true;
}

export async function readClosed() {
  const { chats: rows } = await call("GET", "chats?filter=closed");
  for (const row of rows) take(row, true);
}

export const waitedSeconds = (row) => (performance.now() - row.since) / 1000;

const byUrgency = (a, b) => b.urgent - a.urgent || (a.asked_at < b.asked_at ? -1 : 1);
const byEnd = (a, b) => (a.ended_at > b.ended_at ? -1 : 1);

/** The rows of a filter, in order. */
export function filtered(name) {
  const rows = [...chats.values()];
  if (name === "closed") return rows.filter((row) => !isOpen(row)).sort(byEnd);
  if (name === "mine") return rows.filter((row) => row.mine).sort(byUrgency);
  return rows.filter((row) => (name === "all" ? isOpen(row) : row.state === "waiting")).sort(byUrgency);
}
