// What was said in the open chat: one role="log"; a line is added once, and read out if it is new.

import { call } from "./api.js";
import { button, byId, data, element, moment, say } from "./chats-page.js";
import { attempting } from "./chats-live.js";
import { onChat, path } from "./chats-current.js";

const log = byId("log");
let shown = [];
let isAtEnd = true;
/** Machine translations that were asked for, by the text; kept while the chat is open. */
const translations = new Map();

const keyOf = (line) => JSON.stringify([line.from, line.at, line.text]);

onChat(({ chat, talk }, isOther) => {
  if (isOther) translations.clear();
  const keys = talk.map(keyOf);
  const goesOn = !isOther && shown.every((key, at) => key === keys[at]);
  if (!goesOn) {
    log.setAttribute("aria-busy", "true");
    log.replaceChildren();
    shown = [];
    setTimeout(() => log.removeAttribute("aria-busy"), 100);
  }
  log.append(...talk.slice(shown.length).map((line) => lineOf(line, chat)));
  talk.forEach((line, at) => showDelivery(log.children[at], line));
  shown = keys;
  if (isOther) isAtEnd = true;
  stayAtEnd();
  byId("gone").hidden = chat.state !== "erased";
  log.hidden = chat.state === "erased";
  if (!talk.length && chat.state !== "erased") log.replaceChildren(element("p", "hint", say("no_talk")));
});

/** The newest line stays in sight for those who have not gone back to earlier ones. */
const stayAtEnd = () => isAtEnd && (log.scrollTop = log.scrollHeight);
log.addEventListener("scroll", () => (isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40));
new ResizeObserver(stayAtEnd).observe(log);

function lineOf(line, chat) {
  const node = element("div", "line from-" + line.from);
  const who = element("p", "who", say("from_" + line.from));
  if (line.at) who.append(" ", element("time", "", moment(line.at)));
  const bubble = element("p", "bubble", line.text);
  bubble.lang = line.language;
  node.append(who, bubble);
  if (line.original) node.append(originalOf(line));
  if (line.meaning) node.append(meaningOf(line));
  if (line.from === "you" && !line.hidden) addTranslation(node, line, chat);
  return node;
}

/** What a counsellor wrote or picked, under what the person got. */
function originalOf(line) {
  const mark = line.machine ? element("p", "label machine", say("machine")) : "";
  return element("div", "original", mark, element("p", "label", say("original")), element("p", "", line.original));
}

/** What a notice in the person's language says. */
function meaningOf(line) {
  const text = element("p", "", line.meaning);
  text.lang = data.language;
  return element("div", "original", element("p", "label", say("you_read")), text);
}

function showDelivery(node, line) {
  if (line.from !== "person") return;
  const old = node.querySelector(".delivery");
  const text = say(line.delivered ? "delivered" : "not_delivered");
  if (old && old.dataset.text === text) return;
  if (old) old.remove();
  const mark = element("p", "delivery", element("span", "", line.delivered ? "✓ " : "… "), text);
  mark.firstChild.setAttribute("aria-hidden", "true");
  mark.dataset.text = text;
  node.append(mark);
}

function addTranslation(node, line, chat) {
  if (!data.translates || chat.language === data.language) return;
  const known = translations.get(line.text);
  if (known) return node.append(translationOf(known));
  const asked = button("pill small", say("translate"), async () => {
    asked.disabled = true;
    const done = await attempting(byId("fault"), async () => {
      const { text } = await call("POST", path("translate"), { text: line.text });
      translations.set(line.text, text);
      asked.replaceWith(translationOf(text));
    });
    asked.disabled = done;
  });
  node.append(asked);
}

function translationOf(text) {
  const shownText = element("p", "", text);
  shownText.lang = data.language;
  return element("div", "original", element("p", "label machine", say("machine")), shownText);
}
