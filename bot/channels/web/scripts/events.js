// Reads the events of the conversation and goes on after the last one, whatever happens to the connection.

import { backOff, endPauses, headers, pause, refusal } from "./api.js";
import { endSession, put, setHolder, setLanguage } from "./conversation.js";
import { mention, now, personTypes, showStatus } from "./status.js";
import { chat } from "./state.js";
import { say } from "./words.js";

/** The server says something every 15 seconds. A stream silent for longer than this is dead. */
const SILENCE = 40;
/** After this long in the background nothing is read any more, to save battery and data. */
const SLEEP = 60;

let reader = null;
let attempt = null;
let heardAt = 0;

export function connect() {
  if (!reader && chat.token) read();
}

export function disconnect() {
  reader = null;
  if (attempt) attempt.abort();
  now.lost = false;
}

async function read() {
  const mine = {};
  reader = mine;
  let failures = 0;
  while (reader === mine) {
    let least = 0;
    const token = chat.token;
    try {
      await readOnce(mine, token, () => {
        if (now.lost) mention(say("connected"));
        if (failures) endPauses();
        now.lost = false;
        failures = 0;
        showStatus();
      });
    } catch (error) {
      if (reader !== mine) return;
      if (error.status === 401) {
        reader = null;
        return endSession(token);
      }
      least = error.retryAfter || 0;
    }
    failures += 1;
    now.lost = failures > 2;
    showStatus();
    if (reader === mine) await pause(Math.max(backOff(failures) / 2, least));
  }
}

async function readOnce(mine, token, opened) {
  const control = new AbortController();
  attempt = control;
  let silence = 0;
  const heard = () => {
    heardAt = Date.now();
    clearTimeout(silence);
    silence = setTimeout(() => control.abort(), SILENCE * 1000);
  };
  try {
    heard();
    const response = await fetch("/api/events", {
      headers: { ...headers(token), "Last-Event-ID": String(chat.last) },
      cache: "no-store",
      signal: control.signal,
    });
    if (!response.ok) throw await refusal(response);
    opened();
    const body = response.body.getReader();
    const decoder = new TextDecoder();
    let text = "";
    for (;;) {
      const { value, done } = await body.read();
      if (done || reader !== mine) return;
      heard();
      const events = (text + decoder.decode(value, { stream: true })).split("\n\n");
      text = events.pop();
      events.forEach(receive);
    }
  } finally {
    clearTimeout(silence);
    control.abort();
  }
}

function receive(event) {
  const fields = {};
  for (const line of event.split("\n")) {
    const at = line.indexOf(": ");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
  }
  if (!fields.event) return;
  const data = JSON.parse(fields.data);
  if (fields.event === "state") setHolder(data.holder);
  if (fields.event === "typing") personTypes();
  if (fields.event !== "message" || Number(data.id) <= chat.last) return;
  followLanguage(data);
  if (data.from === "person") personTypes(false);
  put({ ...data, epoch: chat.epoch, after: Number(data.id), at: 0 }, true);
}

/** The page speaks the language in which the program answers. */
function followLanguage(message) {
  const asked = message.topic === "change_language";
  if (message.from === "person" || message.language === chat.language || (chat.choice && !asked)) return;
  setLanguage(message.language, asked ? message.language : chat.choice);
}

/** The connection may be back, or somebody looks again: nothing waits any longer. */
export function wake() {
  if (attempt && Date.now() - heardAt > (SILENCE * 1000) / 2) attempt.abort();
  endPauses();
  connect();
}

let sleep = 0;
document.addEventListener("visibilitychange", () => {
  clearTimeout(sleep);
  if (document.visibilityState === "hidden") sleep = setTimeout(disconnect, SLEEP * 1000);
});
