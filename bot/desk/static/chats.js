// The page of the counsellors: brings its parts together and shows what the address says.

import { byId } from "./chats-page.js";
import { choose, focusRow, markOpen, show } from "./chats-queue.js";
import { connect, on } from "./chats-live.js";
import { current, leave, onChat, open } from "./chats-current.js";
import { onNotice, showTitle } from "./chats-alarm.js";
import { listen } from "./chats-keys.js";
import "./chats-details.js";
import "./chats-talk.js";
import "./chats-typing.js";
import "./chats-steps.js";
import "./chats-reply.js";
import "./chats-notes.js";
import "./chats-canned.js";

const LIST = "/desk/queue";
const CHAT = /^\/desk\/chats\/([^/]+)$/;

/** Shows the list, or the chat in the address beside it. */
async function route() {
  const found = CHAT.exec(location.pathname);
  const id = found ? decodeURIComponent(found[1]) : null;
  document.body.classList.toggle("in-chat", id !== null);
  markOpen(id);
  if (id === null) return leave();
  await open(id);
}

/** Opens a chat, or goes back to the list (null). */
async function go(id) {
  const before = current.id;
  const address = id === null ? LIST : "/desk/chats/" + encodeURIComponent(id);
  if (address !== location.pathname) history.pushState(null, "", address);
  await route();
  if (id === null) focusRow(before);
  else byId("chat-title").focus();
}

const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && event.button === 0;

byId("list").addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link || !isPlain(event)) return;
  event.preventDefault();
  go(link.dataset.id);
});
byId("back").addEventListener("click", (event) => {
  if (!isPlain(event)) return;
  event.preventDefault();
  go(null);
});
window.addEventListener("popstate", route);

on("open", show);
onChat(() => {
  show();
  showTitle();
});
onNotice(go);
listen(go);
choose("unassigned");
route();
connect();
