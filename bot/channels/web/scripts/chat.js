// The chat page: brings its parts together.

import { chat, made, unsent } from "./state.js";
import { adopt, clear, endSession, put, setLanguage, setToken, snapshot, take } from "./conversation.js";
import { actions, showHistory } from "./log.js";
import { mention, showStatus } from "./status.js";
import { connect, disconnect, wake } from "./events.js";
import { sendAll, tryAgain } from "./outbox.js";
import { forgetDevice } from "./device.js";
import { isAsking, isSure } from "./dialog.js";
import { onCode } from "./code.js";
import { isEmbedded, onHost, tellHost } from "./embed.js";
import { onNews, tell } from "./tabs.js";
import { say, showLanguage } from "./words.js";
import { call } from "./api.js";
import { leave } from "./leave.js";

const byId = (id) => document.getElementById(id);
const field = byId("text");

// ---- writing -----------------------------------------------------------------------------------------------------

function write(values) {
  put(made({ from: "you", state: "unsent", ...values }));
  sendAll();
}

function submit() {
  // What is half a character or none cannot be sent.
  const text = field.value.replace(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|\0/g, "").trim();
  field.focus();
  if (!text) return;
  field.value = "";
  grow();
  toldTyping = -Infinity;
  write({ text });
}

/** Seconds between two signs of typing; the desk shows it a little longer. */
const TYPING_PULSE = 5;
let toldTyping = -Infinity;

/** Lets the counsellor see that an answer is being written; nobody else, and nothing of what it says. */
function tellTyping() {
  if (chat.holder !== "person" || !chat.token || !field.value.trim()) return;
  if (performance.now() - toldTyping < TYPING_PULSE * 1000) return;
  toldTyping = performance.now();
  // Only a courtesy.
  call("POST", "/api/typing").catch(() => {});
}

function grow() {
  field.style.height = "";
  if (field.value) field.style.height = Math.min(field.scrollHeight + 2, 144) + "px";
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
field.addEventListener("input", () => {
  grow();
  tellTyping();
});
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submit();
});
actions.press = (item, button) => write({ text: button.title, button: button.id, buttonEpoch: item.epoch });
actions.retry = tryAgain;

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  field.focus();
});

/** Where the keyboard lies over the page instead of making it smaller (iPhones), the page ends above it. */
function fit() {
  const view = window.visualViewport;
  const covered = view.scale < 1.05 && view.height < window.innerHeight - 80;
  document.body.style.height = covered ? view.height + "px" : "";
  if (covered) window.scrollTo(0, 0);
}
if (window.visualViewport) window.visualViewport.addEventListener("resize", fit);

// ---- language ----------------------------------------------------------------------------------------------------

byId("language").addEventListener("change", async (event) => {
  const choice = event.target.value;
  setLanguage(choice || chat.language, choice);
  const { token } = chat;
  if (!token) return;
  try {
    setToken((await call("PATCH", "/api/conversations", { language: choice || null })).token);
  } catch (error) {
    if (error.status === 401) endSession(token);
    else mention(say(error.status === 429 ? "too_fast" : "not_sent"));
  }
});

// ---- erasing -----------------------------------------------------------------------------------------------------

async function erase() {
  if (!(await isSure("erase_confirm", "cancel", "erase"))) return;
  try {
    if (chat.token) await call("DELETE", "/api/conversations");
  } catch (error) {
    if (error.status !== 401) return mention(say("erase_failed"));
  }
  tell({ kind: "erase", chat: chat.id });
  erased();
}

function erased() {
  disconnect();
  clear();
  forgetDevice(false);
}

byId("erase").addEventListener("click", erase);

// ---- coming back with a code -------------------------------------------------------------------------------------

onCode(focusInside);

// ---- inside another site -----------------------------------------------------------------------------------------

onHost((word) => {
  if (word === "hello") {
    byId("close").hidden = false;
    tellHost("ready");
  }
  if (word === "open") focusInside();
  if (word === "leave") leave();
});
byId("close").addEventListener("click", () => tellHost("close"));

/** On a phone the keyboard would hide the welcome. */
function focusInside() {
  if (window.matchMedia("(pointer: fine)").matches) return field.focus();
  const log = byId("log");
  log.classList.add("quiet");
  log.addEventListener("blur", () => log.classList.remove("quiet"), { once: true });
  log.focus({ preventScroll: true });
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && !isAsking() && isEmbedded()) tellHost("close");
});

// ---- the other tabs ----------------------------------------------------------------------------------------------

onNews((news) => {
  if (news.kind === "leave") return leave(true);
  if (news.kind === "hello" && chat.id) return tell(snapshot());
  const mine = news.chat && news.chat === chat.id;
  if (news.kind === "chat" && (mine || !chat.id)) {
    adopt(news.state);
    connect();
    if (unsent().length) sendAll();
  }
  if (!mine) return;
  if (news.kind === "put") {
    put(news.item, true);
    // Whoever wrote it sends it; should that tab be closed, we do.
    if (unsent().length) sendAll();
  }
  if (news.kind === "take") take(news.name, true);
  if (news.kind === "language") setLanguage(news.language, news.choice, true);
  if (news.kind === "erase") erased();
  if (news.kind === "token" && news.epoch === chat.epoch) {
    setToken(news.token, true);
    connect();
  }
});

// ---- beginning, and coming back ----------------------------------------------------------------------------------

function resume() {
  wake();
  if (unsent().length) sendAll();
  showStatus();
}

window.addEventListener("online", resume);
window.addEventListener("offline", showStatus);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && resume());

showLanguage();
showHistory();
showStatus();
connect();
if (unsent().length) sendAll();
tell({ kind: "hello" });
