// What people may write when they mean a topic: messages that the assistant learns from.

import { call } from "./api.js";
import { attempt, copyOf, element, find, page, say, soon, tell } from "./editor-page.js";
import { setUnsaved } from "./editor-unsaved.js";

const path = (act) => `topics/${page.id}/messages/${act}`;
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const language = () => find("language").value;
const written = () => find("new").value.split("\n").map((line) => line.trim()).filter(Boolean);
let messages = page.messages;

function show() {
  const all = messages[language()];
  const wanted = plain(find("q").value.trim());
  const found = wanted ? all.filter((text) => plain(text).includes(wanted)) : all;
  find("messages").replaceChildren(...found.map(rowOf));
  find("messages").lang = language();
  find("new").lang = language();
  const enough = all.length >= page.wanted ? say("enough") : say("too_few", { wanted: page.wanted });
  tell(find("count"), `${say("count", { count: all.length })} ${enough}`);
  if (wanted && !found.length) find("messages").replaceChildren(element("li", "hint", say("none_found")));
}

function rowOf(text) {
  const { node, part } = copyOf("row");
  part("text").textContent = text;
  for (const act of ["change", "remove"]) part(act).setAttribute("aria-label", `${say(act)}: ${text}`);
  part("change").addEventListener("click", () => edit(node, text));
  part("remove").addEventListener("click", () => remove(text));
  return node;
}

function edit(row, before) {
  const { node, part } = copyOf("editing");
  part("text").value = before;
  part("text").lang = language();
  row.replaceWith(node);
  part("text").focus();
  const end = () => {
    setUnsaved("change", false);
    show();
  };
  part("text").addEventListener("input", () => setUnsaved("change", part("text").value !== before));
  part("cancel").addEventListener("click", end);
  part("save").addEventListener("click", async () => {
    const body = { language: language(), before, after: part("text").value };
    if (body.after.trim() === before) return end();
    if (await ask("change", body, say("changed"))) end();
  });
}

function remove(text) {
  const dialog = find("ask");
  find("question").textContent = say("remove_ask", { text });
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener(
    "close",
    async () => {
      if (dialog.returnValue !== "yes") return;
      if (await ask("remove", { language: language(), texts: [text] }, say("removed"))) {
        show();
        find("outcome").scrollIntoView({ block: "nearest" });
      }
    },
    { once: true },
  );
}

/** Have the desk do something, and show the messages as they are then. */
async function ask(act, body, outcome) {
  tell(find("outcome"), "");
  return attempt(async () => {
    ({ messages } = await call("POST", path(act), body));
    tell(find("outcome"), outcome);
  }, find("fault"));
}

/** Say which of the new messages cannot be added, while they are typed. */
const check = soon(async () => {
  const texts = written();
  if (!texts.length) return tellRefused([]);
  await attempt(async () => {
    tellRefused((await call("POST", path("check"), { language: language(), texts })).refused);
  }, find("fault"));
});

function tellRefused(refused) {
  find("refused").replaceChildren(...refused.map(({ why }) => element("li", "", why)));
}

function typed() {
  setUnsaved("new", written().length > 0);
  tell(find("outcome"), "");
  check();
}

find("new").addEventListener("input", typed);
find("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  const texts = written();
  if (!texts.length) return tell(find("fault"), say("none_written"));
  if (!(await ask("add", { language: language(), texts }, say("added", { count: texts.length })))) return;
  find("new").value = "";
  setUnsaved("new", false);
  tellRefused([]);
  show();
});
find("language").addEventListener("change", () => {
  show();
  check();
});
find("q").addEventListener("input", show);
show();
// Something may have been typed before this file had come, or be kept by the browser over a reload.
if (written().length) typed();
