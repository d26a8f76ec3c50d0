// Single keys for those who work without a mouse; they can be turned off, and never work inside text fields.

import { byId, preference } from "./chats-page.js";
import { current } from "./chats-current.js";
import { focusedId, move } from "./chats-queue.js";
import { claim } from "./chats-steps.js";
import { openCanned } from "./chats-canned.js";

const single = preference("single-keys", "on");
const help = byId("help");
const isField = (node) => node.matches("input, textarea, select");

export function showHelp() {
  byId("single-keys").checked = single.get() === "on";
  help.showModal();
}

byId("single-keys").addEventListener("change", (event) => single.set(event.target.checked ? "on" : "off"));
byId("keys").addEventListener("click", showHelp);

/** `go(id)` opens a chat (null: goes back to the list). */
export function listen(go) {
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    c: async () => {
      const id = focusedId();
      if (id && id !== current.id) await go(id);
      await claim();
    },
    "/": openCanned,
    "?": showHelp,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return back(event, go);
    const act = acts[event.key];
    if (!act || isField(event.target) || single.get() !== "on") return;
    event.preventDefault();
    act();
  });
}

/** Out of a text field first: nothing that is being written disappears with one key. */
function back(event, go) {
  if (isField(event.target) && event.target.value && byId("open").contains(event.target)) {
    byId("chat-title").focus();
  } else if (current.id) {
    go(null);
  }
}
