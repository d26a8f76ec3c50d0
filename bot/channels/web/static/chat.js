// The chat page: talks to the public web API and keeps what was said in this tab only (sessionStorage).

const { names, texts } = JSON.parse(document.getElementById("texts").textContent);
const log = document.getElementById("log");
const status = document.getElementById("status");
const form = document.getElementById("form");
const field = document.getElementById("text");
const picker = document.getElementById("language");

const SAVED = "wegwijzer";
const ATTEMPTS = 4;

/** token, last event id, explicit language ("" = as I write), language of the page, and everything shown. */
let chat = load();
let stream = null;
let waiting = 0;

function load() {
  const fresh = { token: null, last: 0, choice: "", language: document.documentElement.lang, items: [] };
  try {
    return { ...fresh, ...JSON.parse(sessionStorage.getItem(SAVED)) };
  } catch {
    return fresh;
  }
}

function save() {
  try {
    sessionStorage.setItem(SAVED, JSON.stringify(chat));
  } catch {
    // A browser without storage still has the chat until the page is closed.
  }
}

const say = (key) => texts[chat.language][key];

// ---- showing -------------------------------------------------------------------------------------------------

function showLanguage() {
  document.documentElement.lang = chat.language;
  document.title = say("title");
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  field.placeholder = say("placeholder");
  picker.replaceChildren(new Option(say("language_auto"), ""), ...Object.entries(names).map(([code, name]) => new Option(name, code)));
  for (const option of picker.options) if (option.value) option.lang = option.value;
  picker.value = chat.choice;
}

/** Text with links, and phone numbers that can be tapped. Nothing in it is ever read as HTML. */
function withLinks(text) {
  const nodes = [];
  let end = 0;
  const pattern = /https:\/\/[^\s)]+|(?<=[☎/] )[+\d][\d -]*\d|\b11[23]\b|\+\d[\d ]+\d/gu;
  for (const match of text.matchAll(pattern)) {
    const found = match[0].replace(/[.,]$/, "");
    nodes.push(text.slice(end, match.index));
    const link = document.createElement("a");
    link.textContent = found;
    if (found.startsWith("http")) {
      link.href = found;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
    } else {
      link.href = "tel:" + found.replace(/[^\d+]/g, "");
    }
    nodes.push(link);
    end = match.index + found.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function show(item) {
  const row = document.createElement("li");
  row.className = "from-" + item.from + (item.urgent ? " urgent" : "");
  row.lang = item.language ?? chat.language;
  const who = document.createElement("span");
  who.className = "who";
  who.textContent = texts[row.lang]["from_" + item.from];
  const bubble = document.createElement("div");
  bubble.className = "bubble";
  bubble.append(...(item.from === "you" ? [item.text] : withLinks(item.text)));
  row.append(who, bubble);
  if (item.buttons?.length) row.append(choices(item.buttons));
  log.append(row);
  return row;
}

function choices(buttons) {
  const group = document.createElement("div");
  group.className = "choices";
  for (const button of buttons) {
    const node = document.createElement("button");
    node.type = "button";
    node.textContent = button.title;
    node.addEventListener("click", () => send({ button: button.id }, button.title));
    group.append(node);
  }
  return group;
}

function add(item) {
  chat.items.push(item);
  save();
  const row = show(item);
  scrollToQuestion();
  return row;
}

/** Shows the last question at the top and its answer below: a long answer is read from its beginning. */
function scrollToQuestion() {
  const mine = [...log.querySelectorAll(".from-you")].at(-1);
  if (mine) log.scrollTop = mine.offsetTop - log.offsetTop - 8;
}

function notice(key) {
  add({ from: "system", text: say(key), language: chat.language });
}

function welcome() {
  show({ from: "bot", text: say("welcome"), language: chat.language });
  show({ from: "system", text: say("privacy"), language: chat.language });
}

function redraw() {
  log.replaceChildren();
  welcome();
  for (const item of chat.items) {
    const row = show(item);
    if (item.failed) offerRetry(row, item);
  }
  scrollToQuestion();
}

// ---- the API ---------------------------------------------------------------------------------------------------

class Refused extends Error {
  constructor(statusCode, retryAfter) {
    super("refused");
    this.status = statusCode;
    this.retryAfter = retryAfter;
  }
}

async function call(method, path, body) {
  const headers = { "Accept-Language": chat.language };
  if (chat.token) headers.Authorization = "Bearer " + chat.token;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Refused(response.status, Number(response.headers.get("Retry-After")));
  return response.status === 204 ? null : response.json();
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function ensureToken() {
  if (chat.token) return;
  const body = { language: chat.choice || chat.language, explicit: Boolean(chat.choice) };
  chat.token = (await call("POST", "/api/conversations", body)).token;
  save();
}

async function send(content, shown) {
  const item = { from: "you", text: shown, language: chat.language, id: crypto.randomUUID?.() ?? randomId(), content };
  await deliver(item, add(item));
}

/** Random id where crypto.randomUUID is missing (pages without https). */
function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Sends a message, again and again with the same id, so that it arrives once. */
async function deliver(item, row) {
  item.failed = false;
  status.textContent = say("sending");
  for (let attempt = 1; ; attempt += 1) {
    try {
      await ensureToken();
      connect();
      waiting += 1;
      await call("POST", "/api/messages", { id: item.id, ...item.content });
      if (waiting > 0) status.textContent = say("typing");
      save();
      return;
    } catch (error) {
      waiting = Math.max(0, waiting - 1);
      if (error.status === 401) return endSession();
      if (error.status === 429) status.textContent = say("too_fast");
      else if (error.status === 413) status.textContent = say("too_long");
      const hopeless = error.status && error.status < 500 && error.status !== 429;
      if (hopeless || attempt >= ATTEMPTS) {
        item.failed = true;
        save();
        offerRetry(row, item);
        if (error.status !== 413) status.textContent = "";
        return;
      }
      await pause(Math.min(error.retryAfter || 2 ** attempt, 60));
    }
  }
}

function offerRetry(row, item) {
  const box = document.createElement("div");
  box.className = "failed";
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = say("retry");
  again.addEventListener("click", () => {
    box.remove();
    deliver(item, row);
  });
  box.append(say("not_sent") + " ", again);
  row.append(box);
}

function endSession() {
  disconnect();
  chat.token = null;
  chat.last = 0;
  status.textContent = "";
  notice("session_ended");
}

// ---- events ------------------------------------------------------------------------------------------------------

function disconnect() {
  stream?.abort();
  stream = null;
}

async function connect() {
  if (stream) return;
  const mine = new AbortController();
  stream = mine;
  for (let failures = 0; stream === mine; ) {
    try {
      const headers = { Authorization: "Bearer " + chat.token, "Last-Event-ID": String(chat.last) };
      const response = await fetch("/api/events", { headers, signal: mine.signal });
      if (response.status === 401) return endSession();
      if (!response.ok) throw new Refused(response.status);
      if (failures) status.textContent = say("connected");
      failures = 0;
      await read(response.body, mine);
    } catch {
      if (stream !== mine) return;
      failures += 1;
      if (failures > 1) status.textContent = say("connection_lost");
    }
    await pause(Math.min(2 ** failures / 2, 20));
  }
}

async function read(body, mine) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done || stream !== mine) return;
    buffer += value;
    const events = buffer.split("\n\n");
    buffer = events.pop();
    for (const event of events) receive(event);
  }
}

function receive(event) {
  const fields = Object.fromEntries(
    event.split("\n").filter((line) => line && !line.startsWith(":")).map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  if (!fields.event) return;
  const data = JSON.parse(fields.data);
  if (fields.event === "state") showHolder(data.holder);
  if (fields.event !== "message" || Number(data.id) <= chat.last) return;
  chat.last = Number(data.id);
  waiting = 0;
  status.textContent = "";
  if (data.language !== chat.language && (!chat.choice || data.topic === "change_language")) {
    chat.language = data.language;
    if (data.topic === "change_language") chat.choice = data.language;
    showLanguage();
  }
  add(data);
}

function showHolder(holder) {
  const key = { waiting: "holder_waiting", person: "holder_person", closed: "holder_closed" }[holder];
  if (key) status.textContent = say(key);
}

// ---- what a person does --------------------------------------------------------------------------------------------

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  grow();
  field.focus();
  send({ text }, text);
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function grow() {
  field.style.height = "auto";
  field.style.height = Math.min(field.scrollHeight + 2, 144) + "px";
}
field.addEventListener("input", grow);

picker.addEventListener("change", async () => {
  chat.choice = picker.value;
  if (chat.choice) chat.language = chat.choice;
  save();
  showLanguage();
  if (!chat.items.length) redraw();
  if (!chat.token) return;
  try {
    chat.token = (await call("PATCH", "/api/conversations", { language: chat.choice || null })).token;
    save();
  } catch (error) {
    if (error.status === 401) endSession();
    else status.textContent = say("not_sent");
  }
});

document.getElementById("erase").addEventListener("click", () => document.getElementById("confirm").showModal());

document.getElementById("confirm").addEventListener("close", async (event) => {
  if (event.target.returnValue !== "yes") return;
  event.target.returnValue = "";
  try {
    if (chat.token) await call("DELETE", "/api/conversations");
  } catch (error) {
    if (error.status !== 401) {
      status.textContent = say("erase_failed");
      return;
    }
  }
  disconnect();
  chat = { ...chat, token: null, last: 0, items: [] };
  sessionStorage.removeItem(SAVED);
  redraw();
  show({ from: "system", text: say("erased"), language: chat.language });
  status.textContent = "";
});

showLanguage();
redraw();
if (chat.token) connect();
