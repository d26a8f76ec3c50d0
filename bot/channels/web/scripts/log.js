// The conversation on the screen: one role="log"; a message is added once and in its place.

import { chat, nameOf, unsent } from "./state.js";
import { withLinks } from "./links.js";
import { canRead, onVoices, readAloud } from "./speech.js";
import { greet, say, sayIn } from "./words.js";

const log = document.getElementById("log");
const scroller = document.getElementById("scroller");
const rows = new Map();

/** What the rows' buttons do; set by the page. */
export const actions = { press: () => {}, retry: () => {} };

/** Shows everything at once, without it being read out as new. */
export function showHistory() {
  quietly(() => {
    for (const node of rows.values()) node.remove();
    rows.clear();
    greet();
    log.append(...chat.items.map(row));
    addReaders();
  });
  showMarks();
  log.classList.toggle("asked", chat.items.some((item) => item.from === "you"));
  scrollToQuestion();
}

/** Shows a new message before the one of that name, or at the end. */
export function showItem(item, next) {
  const atEnd = !next;
  const inSight = isInSight(log.lastElementChild);
  const node = row(item);
  node.classList.add("new");
  log.insertBefore(node, atEnd ? null : rows.get(nameOf(next)) || null);
  if (item.from === "you") {
    log.classList.add("asked");
    wentBack = false;
  }
  if (!atEnd) return;
  if (item.from === "you" || ((item.from === "bot" || item.notice) && inSight)) scrollToQuestion();
  // What is said around a person must not come unseen below the edge, unless somebody has gone back to read.
  else if (inSight || item.urgent || (chat.holder !== "bot" && !wentBack)) bringIntoSight(node);
}

/** Shows what was said last. */
export const showEnd = () => bringIntoSight(log.lastElementChild);

export function removeItem(name) {
  if (rows.has(name)) rows.get(name).remove();
  rows.delete(name);
}

/** Changes to the log that are not news. */
function quietly(change) {
  log.setAttribute("aria-busy", "true");
  change();
  setTimeout(() => log.removeAttribute("aria-busy"), 100);
}

function row(item) {
  const node = document.createElement("div");
  node.className = "from-" + item.from + (item.urgent ? " urgent" : "");
  node.lang = item.language;
  // A person may write in a language that the reader does not speak.
  const language = item.from === "person" ? chat.language : item.language;
  const who = element("span", "who", sayIn(language, "from_" + item.from));
  who.lang = language;
  const bubble = element("div", "bubble");
  bubble.append(...(item.from === "you" ? [item.text] : withLinks(item.text)));
  node.append(who, bubble);
  if (item.machine) node.append(originalOf(item));
  for (const button of item.buttons || []) {
    choices(node).append(button_("", button.title, () => actions.press(item, button)));
  }
  addReader(node);
  rows.set(nameOf(item), node);
  return node;
}

/** What was written, under what a machine made of it. */
function originalOf(item) {
  const original = element("div", "original", item.original || "");
  // Only whoever wrote it knows in which language.
  original.lang = "";
  const mark = element("span", "who", sayIn(item.language, "machine_translated"));
  const group = element("div", "translated");
  group.append(mark, original);
  return group;
}

function element(kind, className, text = "") {
  const node = document.createElement(kind);
  node.className = className;
  node.textContent = text;
  return node;
}

function button_(className, text, pressed) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

function choices(node) {
  let group = node.querySelector(".choices");
  if (!group) node.append((group = element("div", "choices")));
  return group;
}

// ---- read aloud --------------------------------------------------------------------------------------------------

function addReader(node) {
  if (node.classList.contains("from-you") || node.querySelector(".read") || !canRead(node.lang)) return;
  const reader = button_("read", sayIn(node.lang, "read_aloud"), () => {
    reader.textContent = sayIn(node.lang, "stop_reading");
    const ended = () => (reader.textContent = sayIn(node.lang, "read_aloud"));
    readAloud(node.querySelector(".bubble").textContent, node.lang, ended);
  });
  choices(node).append(reader);
}

const addReaders = () => Array.from(log.children).forEach(addReader);
onVoices(() => quietly(addReaders));

// ---- not sent yet ------------------------------------------------------------------------------------------------

let troubled = false;
let hopeless = false;

/** Whether sending is slow (`slow`: say that it is not sent yet) or has failed again and again (`failed`). */
export function showTrouble(slow, failed) {
  troubled = slow;
  hopeless = failed;
  showMarks();
}

export function showMarks() {
  const open = troubled || hopeless ? unsent() : [];
  const lastOpen = open[open.length - 1];
  for (const [name, node] of rows) {
    const item = open.find((one) => nameOf(one) === name);
    const text = item ? say(hopeless && item === lastOpen ? "not_sent" : "unsent") : "";
    const old = node.querySelector(".mark");
    if (old && old.dataset.text === text) continue;
    if (old) old.remove();
    if (!text) continue;
    const mark = element("p", "mark", text);
    mark.dataset.text = text;
    mark.lang = chat.language;
    if (hopeless && item === lastOpen) mark.append(button_("pill", say("retry"), () => actions.retry()));
    node.append(mark);
  }
}

// ---- scrolling ---------------------------------------------------------------------------------------------------

const FREE = 8;

/** Whether somebody has gone back to read, and when the scroller was last touched. */
let wentBack = false;
let touchedAt = 0;
for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) {
  scroller.addEventListener(kind, () => (touchedAt = Date.now()), { passive: true });
}
scroller.addEventListener("scroll", () => {
  if (Date.now() - touchedAt < 1500) wentBack = !isInSight(log.lastElementChild);
});

/** Height at the top that sticky parts cover. */
function covered() {
  return Array.from(scroller.querySelectorAll(".about, .tools"))
    .filter((node) => getComputedStyle(node).position === "sticky")
    .reduce((height, node) => height + node.offsetHeight, FREE);
}

const topOf = (node) => node.getBoundingClientRect().top - scroller.getBoundingClientRect().top;

/** Shows the last question at the top and its answer below: a long answer is read from its beginning. */
function scrollToQuestion() {
  const mine = log.querySelectorAll(".from-you");
  if (mine.length) scroller.scrollTop += topOf(mine[mine.length - 1]) - covered();
}

function isInSight(node) {
  return !node || topOf(node) < scroller.clientHeight;
}

function bringIntoSight(node) {
  const below = topOf(node) + node.offsetHeight + FREE - scroller.clientHeight;
  if (below > 0) scroller.scrollTop += Math.min(below, topOf(node) - covered());
}
