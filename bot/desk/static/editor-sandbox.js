// A chat with the draft.

import { Refusal, call } from "./api.js";

const find = (id) => document.getElementById(id);
const page = find("sandbox");
const fault = find("fault");
const outcome = find("outcome");
const talk = find("talk");
let chat = null;
let busy = false;

async function attempt(work) {
  if (busy) return;
  busy = true;
  fault.hidden = true;
  try {
    await work();
  } catch (error) {
    outcome.textContent = "";
    fault.textContent = error instanceof Refusal ? error.message : page.dataset.offline;
    fault.hidden = false;
    fault.scrollIntoView({ block: "center" });
  } finally {
    busy = false;
  }
}

function element(tag, className, text) {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

find("begin").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    outcome.textContent = page.dataset.starting;
    if (chat) await call("POST", `sandbox/${chat}/end`, {});
    chat = null;
    const asked = { language: find("language").value, day: find("day").value };
    ({ id: chat } = await call("POST", "sandbox", asked));
    outcome.textContent = "";
    talk.replaceChildren();
    find("turns").replaceChildren();
    find("save").hidden = true;
    find("say").hidden = false;
    if (asked.language) find("save-language").value = asked.language;
    find("text").focus();
  });
});

find("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = find("text").value.trim();
  if (text) attempt(() => say(text, { text }));
});

async function say(text, body) {
  const mine = element("li", "said", "");
  mine.append(element("p", "bubble", text));
  talk.append(mine);
  try {
    show(mine, text, await call("POST", `sandbox/${chat}/say`, body));
  } catch (error) {
    mine.remove();
    throw error;
  }
  find("text").value = "";
}

function show(mine, text, said) {
  if (said.understood) mine.append(element("p", "hint", said.understood));
  for (const reply of said.replies) {
    const item = element("li", "", "");
    const bubble = element("p", reply.urgent ? "bubble urgent" : "bubble", reply.text);
    bubble.lang = reply.language;
    item.append(bubble);
    const buttons = element("p", "actions", "");
    buttons.lang = reply.language;
    for (const { id, title } of reply.buttons) {
      const button = Object.assign(element("button", "pill", title), { type: "button" });
      button.addEventListener("click", () => attempt(() => say(title, { button: id })));
      buttons.append(button);
    }
    if (reply.buttons.length) item.append(buttons);
    talk.append(item);
  }
  if (said.note) talk.append(element("li", "hint", said.note));
  offerToSave(text, said);
  talk.lastElementChild.scrollIntoView({ block: "nearest" });
}

function offerToSave(text, { topic, follows }) {
  const row = find("turn").content.firstElementChild.cloneNode(true);
  row.querySelector('[data-part="text"]').textContent = text;
  const choice = row.querySelector("select");
  choice.value = topic || "out_of_scope";
  // What is not a topic, such as a place, is not ticked: nobody can say what is right for it.
  row.querySelector("input").checked = Boolean(topic);
  row.dataset.follows = follows;
  find("turns").append(row);
  find("save").hidden = false;
}

find("save").addEventListener("submit", (event) => {
  event.preventDefault();
  const turns = [...find("turns").children]
    .filter((row) => row.querySelector("input").checked)
    .map((row) => ({
      text: row.querySelector('[data-part="text"]').textContent,
      topic: row.querySelector("select").value,
      follows: row.dataset.follows === "true",
    }));
  attempt(async () => {
    await call("POST", "tests", { language: find("save-language").value, turns });
    sessionStorage.setItem("sandbox-saved", "yes");
    location.reload();
  });
});

if (sessionStorage.getItem("sandbox-saved")) {
  sessionStorage.removeItem("sandbox-saved");
  outcome.textContent = page.dataset.saved;
}

for (const button of page.querySelectorAll("[data-test]")) {
  button.addEventListener("click", () =>
    attempt(async () => {
      await call("POST", `tests/${button.dataset.test}/delete`, {});
      location.reload();
    }),
  );
}
