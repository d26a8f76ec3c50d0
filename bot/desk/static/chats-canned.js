// Canned replies: picked in Dutch or English, sent in the person's language, both texts read before.

import { call } from "./api.js";
import { button, byId, complain, data, element, say, setText } from "./chats-page.js";
import { attempting, reason } from "./chats-live.js";
import { current, path } from "./chats-current.js";
import { send } from "./chats-reply.js";

const dialog = byId("canned");
const search = byId("canned-search");
const form = byId("canned-form");
const fault = byId("canned-fault");
const TYPES = { time: "time", date: "date", number: "tel" };
let groups = null;
let picked = null;

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export async function openCanned() {
  if (!current.row || !current.row.mine || dialog.open) return;
  const done = await attempting(byId("fault"), async () => {
    groups ||= (await call("GET", "canned")).groups;
  });
  if (!done) return;
  search.value = "";
  offer();
  dialog.showModal();
  search.focus();
}

// ---- choosing ----------------------------------------------------------------------------------------------------

function offer() {
  picked = null;
  form.hidden = true;
  byId("canned-choice").hidden = false;
  showFound();
}

/** Shows the groups with the replies that have every word, in either language. */
function showFound() {
  const words = folded(search.value).split(/\s+/).filter(Boolean);
  const fits = (group, reply) => {
    const all = folded([group.title, ...Object.values(reply.texts)].join(" "));
    return words.every((word) => all.includes(word));
  };
  let count = 0;
  const parts = groups.map((group) => {
    const replies = group.replies.filter((reply) => fits(group, reply));
    count += replies.length;
    const items = replies.map((reply) => element("li", "", button("reply", reply.texts[data.language], () => pick(group, reply))));
    return replies.length ? element("section", "", element("h3", "", group.title), element("ul", "", ...items)) : "";
  });
  byId("canned-list").replaceChildren(...parts);
  setText(byId("canned-found"), count ? say("canned_found", { count }) : say("canned_none"));
}

search.addEventListener("input", showFound);
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const all = [search, ...dialog.querySelectorAll("button.reply")];
  const at = all.indexOf(document.activeElement);
  if (event.key === "Enter" && (event.repeat || at === 0)) {
    // The same press must not go on to send what nobody has read.
    event.preventDefault();
    if (!event.repeat && all.length === 2) all[1].click();
  }
  if (!step || at < 0 || form.hidden === false) return;
  event.preventDefault();
  all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
});

// ---- filling in --------------------------------------------------------------------------------------------------

function pick(group, reply) {
  picked = { id: reply.id, values: {} };
  // Only in a greeting the name is one's own.
  if (group.id === "greeting") picked.values.name = data.shownName;
  byId("canned-blanks").replaceChildren(...reply.placeholders.map(blank));
  byId("canned-choice").hidden = true;
  form.hidden = false;
  complain(fault);
  setText(byId("canned-theirs"), "…");
  setText(byId("canned-mine"), reply.texts[data.language]);
  byId("canned-theirs").lang = current.row.language;
  byId("canned-mine").lang = data.language;
  setText(byId("canned-theirs-name"), `(${current.row.language_name})`);
  setText(byId("canned-mine-name"), `(${data.languages[data.language]})`);
  byId("canned-mine-side").hidden = current.row.language === data.language;
  (form.querySelector("input") || byId("canned-send")).focus();
  preview();
}

function blank(name) {
  const input = element("input");
  Object.assign(input, { id: "fill-" + name, type: TYPES[name] || "text", required: true, maxLength: 80 });
  input.value = picked.values[name] || "";
  input.addEventListener("input", () => {
    picked.values[name] = input.value;
    later();
  });
  const label = element("label", "", say("fill_" + name));
  label.htmlFor = input.id;
  return element("div", "", label, input);
}

let timer = 0;
function later() {
  clearTimeout(timer);
  timer = setTimeout(preview, 250);
}

async function preview() {
  const asked = picked;
  const { id, values } = picked;
  try {
    const got = await call("POST", path("preview"), { canned: id, values: { ...values } });
    if (asked !== picked) return;
    setText(byId("canned-theirs"), got.text);
    if (got.original) setText(byId("canned-mine"), got.original);
    complain(fault);
  } catch (error) {
    if (asked === picked) complain(fault, reason(error));
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const asked = picked;
  const { id, values } = picked;
  byId("canned-send").disabled = true;
  const done = await send({ canned: id, values: { ...values } }, fault, () => dialog.open && picked === asked);
  byId("canned-send").disabled = false;
  if (!done || picked !== asked) return;
  dialog.close();
  byId("text").focus();
});
byId("canned-another").addEventListener("click", () => {
  offer();
  search.focus();
});
byId("canned-cancel").addEventListener("click", () => dialog.close());
byId("open-canned").addEventListener("click", openCanned);
