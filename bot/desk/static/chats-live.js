// Keeps the page up to date: reads the desk's events, comes back by itself, and says when it cannot.

import { call, renew, whenSignedOut, Refusal } from "./api.js";
import { byId, complain, say, setText } from "./chats-page.js";
import { readOpen, take } from "./chats-state.js";

/** The desk says something every 15 seconds. A stream silent for longer than this is dead. */
const SILENCE = 40;
const LONGEST_WAIT = 30;

const signedOut = byId("signed-out");
const line = byId("connection");
const watchers = { open: [], signedOut: [], typing: [], waits: [] };
let attempt = null;
let failures = 0;
let isOver = false;
const pauses = new Set();

/**
 * Has something done when the page is connected (again), when nobody is logged in any more, when a person is `typing`,
 * or when a chat begins to wait while nobody is at the desk (`waits`).
 */
export const on = (what, act) => watchers[what].push(act);
const happens = (what, data) => watchers[what].forEach((act) => act(data));

export async function connect() {
  for (;;) {
    try {
      await readOnce();
    } catch {
      // Said below, whatever it was.
    }
    if (isOver) return;
    failures += 1;
    if (failures > 1) setText(line, say("not_connected"));
    document.body.classList.toggle("cut-off", failures > 1);
    await pause(Math.min(2 ** (failures - 1), LONGEST_WAIT) * (0.5 + Math.random() / 2));
  }
}

async function readOnce() {
  const control = new AbortController();
  attempt = control;
  let silence = 0;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => control.abort(), SILENCE * 1000);
  };
  try {
    heard();
    const headers = { Accept: "text/event-stream" };
    const response = await fetch("/desk/api/events", { headers, cache: "no-store", signal: control.signal });
    if (response.status === 401) return end();
    if (!response.ok) throw new Error(response.status);
    const body = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await body.read();
      if (done) return;
      heard();
      const events = (text + value).split("\n\n");
      text = events.pop();
      for (const event of events) await receive(event);
    }
  } finally {
    clearTimeout(silence);
    control.abort();
  }
}

async function receive(event) {
  const fields = Object.fromEntries(event.split("\n").map((part) => part.split(/: (.*)/s)));
  if (fields.event === "hello") {
    await readOpen();
    setText(line, line.textContent ? say("connected") : "");
    setTimeout(() => failures || setText(line, ""), 4000);
    failures = 0;
    document.body.classList.remove("cut-off");
    happens("open");
  }
  if (fields.event === "chat") take(JSON.parse(fields.data));
  if (fields.event === "typing") happens("typing", JSON.parse(fields.data));
  if (fields.event === "idle") beIdle();
  if (fields.event === "waits") happens("waits", JSON.parse(fields.data));
  if (fields.event === "signed_out") end();
}

/** Waits so long, or less when the connection may be back. */
export async function pause(seconds) {
  let end;
  await new Promise((done) => {
    end = done;
    pauses.add(end);
    setTimeout(end, seconds * 1000);
  });
  pauses.delete(end);
}

const endPauses = () => pauses.forEach((end) => end());

window.addEventListener("online", endPauses);
window.addEventListener("offline", () => attempt && attempt.abort());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && endPauses());

// ---- logged out --------------------------------------------------------------------------------------------------

function showSignedOut(text) {
  setText(byId("signed-out-text"), say(text));
  if (!signedOut.hidden) return;
  signedOut.hidden = false;
  setText(line, "");
}

/** The session is over: nothing comes in any more. */
function end() {
  isOver = true;
  showSignedOut("signed_out");
  document.body.classList.add("cut-off");
  happens("signedOut");
}

/** Nobody has used the session for long. The page hears of chats that wait, and of nothing else. */
function beIdle() {
  failures = 0;
  document.body.classList.remove("cut-off");
  showSignedOut("idle");
}

// What is being written must not be lost to the log-in page.
whenSignedOut(() => {
  if (signedOut.hidden) showSignedOut("signed_out");
  throw new Refusal(401, "signed_out", "");
});

byId("go-on").addEventListener("click", async () => {
  try {
    renew((await call("GET", "me")).csrf);
  } catch {
    return;
  }
  signedOut.hidden = true;
  byId("chat-title").focus();
  failures = 0;
  if (attempt) attempt.abort();
  if (isOver) connect();
  isOver = false;
});

// ---- using the desk ----------------------------------------------------------------------------------------------

/** Sessions end when nothing is asked for half an hour. Whoever reads and writes is there, too. */
const STILL_HERE = 5 * 60 * 1000;
let told = Date.now();

for (const kind of ["keydown", "pointerdown"]) {
  document.addEventListener(kind, () => {
    if (!signedOut.hidden || Date.now() - told < STILL_HERE) return;
    told = Date.now();
    call("GET", "me").catch(() => {});
  });
}

/** What to say when something could not be done. */
export const reason = (error) => (error instanceof Refusal ? error.message : say("unreachable"));

/** Does something with the desk; what went wrong stands in `fault`. Says whether it was done. */
export async function attempting(fault, work) {
  complain(fault);
  try {
    await work();
    return true;
  } catch (error) {
    complain(fault, reason(error));
    return false;
  }
}
