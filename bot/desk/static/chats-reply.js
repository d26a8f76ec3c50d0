// Writing to the person: as written, or by a machine translation that is read first.

import { call } from "./api.js";
import { byId, data, element, preference, say, setText } from "./chats-page.js";
import { attempting } from "./chats-live.js";
import { deliver } from "./chats-deliver.js";
import { current, onChat, path, refresh } from "./chats-current.js";

/** Seconds between two signs of typing; it is shown for a little longer. */
const TYPING = 4;

const form = byId("reply");
const field = byId("text");
const fault = byId("fault");
const writeIn = byId("write-in");
const written = preference("write-in", data.language);
/** What is not sent yet, by chat. */
const drafts = new Map();
let shownId = null;
let toldTyping = -Infinity;

writeIn.append(...Object.entries(data.languages).map(([code, name]) => new Option(name, code)));
writeIn.value = written.get();
if (!writeIn.value) writeIn.value = data.language;

onChat(({ chat }, isOther) => {
  form.hidden = !chat.mine;
  if (isOther) {
    shownId = chat.id;
    field.value = drafts.get(chat.id) || "";
    grow();
    dropPreview();
    showSending();
  }
  if (chat.state === "erased") drafts.delete(chat.id);
  showLanguage();
});

function showLanguage() {
  const { row } = current;
  if (!row) return;
  const differs = writeIn.value !== row.language;
  const names = { mine: data.languages[writeIn.value], theirs: row.language_name };
  setText(byId("as-written"), differs ? say("as_written", names) : "");
  setText(byId("send"), say(differs ? "send_as_written" : "send"));
  byId("translate-draft").hidden = !data.translates || !differs;
  field.lang = writeIn.value;
}

writeIn.addEventListener("change", () => {
  written.set(writeIn.value);
  dropPreview();
  showLanguage();
});

function grow() {
  field.style.height = "";
  if (field.value) field.style.height = Math.min(field.scrollHeight + 2, 160) + "px";
}

field.addEventListener("input", () => {
  if (field.value) drafts.set(shownId, field.value);
  else drafts.delete(shownId);
  grow();
  dropPreview();
  if (!field.value.trim() || performance.now() - toldTyping < TYPING * 1000) return;
  toldTyping = performance.now();
  // Only a courtesy.
  call("POST", path("typing")).catch(() => {});
});

// ---- sending -----------------------------------------------------------------------------------------------------

/** Sends something, and shows the chat as it is then. The text stays where it is if that fails. */
export async function send(body, where = fault, isWanted = undefined) {
  const { id } = current;
  // Faults of a chat that is not open any more are no news of the one that is.
  const done = await deliver(path("reply"), body, () => (current.id === id ? where : null), isWanted);
  if (done) toldTyping = -Infinity;
  await refresh(!done);
  return done;
}

/** Chats in which something is on its way. */
const sending = new Set();

function showSending() {
  const is = sending.has(shownId);
  field.readOnly = is;
  form.querySelectorAll("button").forEach((one) => (one.disabled = is));
}

async function sendText(body) {
  const { id } = current;
  if (sending.has(id)) return;
  const text = field.value;
  sending.add(id);
  showSending();
  const done = await send({ text: text.trim(), language: writeIn.value, ...body });
  sending.delete(id);
  showSending();
  if (!done) return;
  drafts.delete(id);
  if (shownId !== id) return;
  field.value = "";
  grow();
  dropPreview();
  field.focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (field.value.trim()) sendText({});
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  // A translation that is being read goes by its own button.
  if (translation) byId("send-translation").focus();
  else form.requestSubmit();
});

// ---- machine translation -----------------------------------------------------------------------------------------

let translation = null;

function dropPreview() {
  translation = null;
  showPreview();
}

/** While a translation is being read, nothing else can be sent. */
function showPreview() {
  byId("preview").hidden = translation === null;
  for (const id of ["send", "translate-draft", "as-written"]) byId(id).classList.toggle("aside", translation !== null);
}

byId("translate-draft").addEventListener("click", async (event) => {
  const text = field.value.trim();
  if (!text) return field.focus();
  event.target.disabled = true;
  await attempting(fault, async () => {
    const got = await call("POST", path("preview"), { text, language: writeIn.value });
    if (field.value.trim() !== text) return;
    translation = got.text;
    const shown = byId("preview-text");
    shown.replaceChildren(element("span", "", got.text));
    shown.firstChild.lang = current.row.language;
    byId("preview-back").hidden = !got.back;
    setText(byId("preview-back-text"), got.back || "");
    showPreview();
    byId("send-translation").focus({ preventScroll: true });
    byId("preview").scrollIntoView({ block: "nearest" });
  });
  event.target.disabled = false;
});
byId("send-translation").addEventListener("click", () => sendText({ translation }));
byId("drop-translation").addEventListener("click", () => {
  dropPreview();
  field.focus();
});
