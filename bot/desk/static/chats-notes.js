// Notes for colleagues, apart from what the person reads.

import { byId, complain, element, moment, setText } from "./chats-page.js";
import { deliver } from "./chats-deliver.js";
import { current, onChat, path, refresh } from "./chats-current.js";

const panel = byId("notes-panel");
const field = byId("note");
const drafts = new Map();
/** Chats for which a note is on its way. */
const sending = new Set();

onChat(({ chat, notes }, isOther) => {
  setText(byId("notes-count"), notes.length ? String(notes.length) : "");
  byId("no-notes").hidden = notes.length > 0;
  byId("notes").replaceChildren(...notes.map(noteOf));
  panel.hidden = chat.state === "erased";
  if (!isOther) return;
  field.value = drafts.get(chat.id) || "";
  complain(byId("note-fault"));
  showSending();
  if (window.matchMedia("(min-width: 75rem)").matches) panel.open = true;
});

function showSending() {
  const is = sending.has(current.id);
  field.readOnly = is;
  byId("note-form").querySelector("button").disabled = is;
}

const noteOf = (note) =>
  element("li", "", element("p", "who", note.author + " ", element("time", "", moment(note.at))), element("p", "", note.text));

field.addEventListener("input", () => drafts.set(current.id, field.value));

byId("note-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { id } = current;
  const text = field.value.trim();
  if (!text) return field.focus();
  if (sending.has(id)) return;
  sending.add(id);
  showSending();
  const done = await deliver(path("note"), { text }, () => (current.id === id ? byId("note-fault") : null));
  sending.delete(id);
  showSending();
  if (!done) return;
  drafts.delete(id);
  if (current.id === id) field.value = "";
  await refresh();
});
