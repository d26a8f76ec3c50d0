// The queue: a list of chats under one of four filters.

import { byId, complain, duration, moment, say, setText } from "./chats-page.js";
import { chats, filtered, onRow, readClosed, waitedSeconds } from "./chats-state.js";

const list = byId("list");
const empty = byId("list-empty");
const tabs = [...document.querySelectorAll('[role="tab"]')];
const items = new Map();
let filter = "unassigned";
let openId = null;

const nameOf = (tab) => tab.id.replace("tab-", "");

// ---- filters -----------------------------------------------------------------------------------------------------

export async function choose(name) {
  filter = name;
  for (const tab of tabs) {
    const chosen = nameOf(tab) === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  byId("panel").setAttribute("aria-labelledby", "tab-" + name);
  show();
  if (name !== "closed") return;
  try {
    await readClosed();
  } catch (error) {
    return complain(empty, error.message);
  }
  show();
}

for (const tab of tabs) {
  tab.addEventListener("click", () => choose(nameOf(tab)));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = { Home: 0, End: tabs.length - 1 }[event.key] ?? (step && (tabs.indexOf(tab) + step + tabs.length) % tabs.length);
    if (at === undefined) return;
    event.preventDefault();
    tabs[at].focus();
    choose(nameOf(tabs[at]));
  });
}

// ---- rows --------------------------------------------------------------------------------------------------------

/** Brings the list up to date. Rows keep their elements, so that the focus stays where it is. */
export function show() {
  const rows = filtered(filter);
  for (const [id, item] of items) {
    if (rows.some((row) => row.id === id)) continue;
    giveFocusAway(item);
    item.remove();
    items.delete(id);
  }
  rows.forEach((row, at) => {
    const item = items.get(row.id) || make(row.id);
    fill(item, row);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] || null);
  });
  complain(empty, rows.length ? "" : say("empty_" + filter));
  for (const tab of tabs) {
    const count = tab.querySelector(".count");
    if (count) setText(count, String(filtered(nameOf(tab)).length));
  }
}

function make(id) {
  const item = byId("row").content.cloneNode(true).firstElementChild;
  item.firstElementChild.href = "/desk/chats/" + encodeURIComponent(id);
  item.firstElementChild.dataset.id = id;
  items.set(id, item);
  return item;
}

function fill(item, row) {
  const part = (name) => item.querySelector(`[data-part="${name}"]`);
  setText(part("name"), title(row));
  part("urgent").hidden = !row.urgent;
  part("unread").hidden = !row.unread;
  setText(part("unread"), say("unread", { count: row.unread }));
  setText(part("topic"), row.topic || say("no_topic"));
  const place = row.place ? [placeOf(row)] : [];
  setText(part("about"), [say("kind_" + row.kind), say("channel_" + row.channel), ...place].join(" · "));
  setText(part("holder"), standing(row));
  part("holder").hidden = row.state === "waiting";
  showTime(item, row);
  const link = item.firstElementChild;
  if (row.id === openId) link.setAttribute("aria-current", "page");
  else link.removeAttribute("aria-current");
}

/** What a chat is called: the language, and the name the person gave. */
export const title = (row) => `${row.language_name} · ${row.name || say("no_name")}`;

export function placeOf(row) {
  if (!row.place) return say("no_place");
  return `${row.place} (${say(row.in_region ? "in_region" : "outside_region")})`;
}

/** Who has it, or how it ended. */
export function standing(row) {
  if (row.state === "person") return row.mine ? say("with_you") : say("with", { name: row.assignee });
  const how = row.state === "closed" && row.outcome ? [say("outcome_" + row.outcome)] : [];
  return [say("state_" + row.state), ...how].join(": ");
}

function showTime(item, row) {
  const text = row.state === "waiting"
    ? say("waiting_for", { time: duration(waitedSeconds(row)) })
    : row.state === "person" ? say("since", { time: moment(row.asked_at) }) : say("ended", { time: moment(row.ended_at) });
  setText(item.querySelector('[data-part="time"]'), text);
}

setInterval(() => {
  for (const [id, item] of items) {
    const row = chats.get(id);
    if (row && row.state === "waiting") showTime(item, row);
  }
}, 1000);

// ---- moving through it -------------------------------------------------------------------------------------------

const links = () => [...list.querySelectorAll("a")];

/** The chat whose row has the focus, if any. */
export const focusedId = () => list.contains(document.activeElement) ? document.activeElement.dataset.id : null;

/** Moves the focus by so many rows. From outside the list it goes to the open chat's row, or to the first one. */
export function move(step) {
  const all = links();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const open = all.findIndex((link) => link.dataset.id === openId);
  const next = at < 0 ? Math.max(open, 0) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].focus();
}

/** Gives the focus to a chat's row, or to the list. */
export function focusRow(id) {
  const link = links().find((one) => one.dataset.id === id);
  (link || links()[0] || byId("panel")).focus();
}

/** The focus must not fall off the page with a row that goes. */
function giveFocusAway(item) {
  if (!item.contains(document.activeElement)) return;
  const neighbour = item.nextElementSibling || item.previousElementSibling;
  (neighbour ? neighbour.firstElementChild : byId("panel")).focus();
}

/** Marks the chat that is open beside the list. */
export function markOpen(id) {
  openId = id;
  show();
}

onRow(() => show());
