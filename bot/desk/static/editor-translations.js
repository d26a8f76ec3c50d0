// Translators' files: bring one back, look at what would change, choose where it must be chosen, take it over.

import { Refusal, upload } from "./api.js";

const find = (id) => document.getElementById(id);
const form = find("form");
const fault = find("fault");
const summary = find("summary");
const kinds = find("kinds");
/** The kinds of entries, what needs a choice or a look first. */
const ORDER = ["conflict", "english", "problem", "new", "changed", "confirmed"];
const CHOICES = ["conflict", "english"];
let file = null;
let seen = "";

function say(text) {
  fault.hidden = !text;
  fault.textContent = text;
}

const path = () => `translations/${find("language").value}/${find("catalogue").value}`;

function bodyOf(more) {
  const body = new FormData();
  body.append("file", file);
  body.append("form", JSON.stringify(more));
  return body;
}

function part(item, name, text, language) {
  const place = item.querySelector(`[data-part="${name}"]`);
  const title = item.querySelector(`[data-for="${name}"]`);
  if (text === undefined || text === "") {
    place.remove();
    title?.remove();
    return;
  }
  place.textContent = text;
  if (language) place.lang = language;
}

function entryOf(entry, index) {
  const item = find("entry").content.cloneNode(true);
  const language = find("language").value;
  part(item, "context", entry.context);
  part(item, "by", entry.by);
  part(item, "english", entry.english);
  part(item, "theirEnglish", entry.kind === "english" ? entry.theirEnglish : "");
  part(item, "ours", entry.kind === "confirmed" ? "" : entry.ours, language);
  part(item, "theirs", entry.theirs ?? entry.text, language);
  part(item, "reason", entry.reason);
  const choice = item.querySelector(".choice");
  if (!CHOICES.includes(entry.kind)) {
    choice.remove();
    return item;
  }
  part(item, "legend", entry.context);
  for (const radio of choice.querySelectorAll("input")) {
    radio.name = `choice-${index}`;
    radio.id = `choice-${index}-${radio.value || "keep"}`;
    radio.dataset.context = entry.context;
    const label = radio.nextElementSibling;
    label.htmlFor = radio.id;
    if (radio.value) label.textContent = entry.kind === "english" ? label.dataset.outdated : label.dataset.take;
  }
  return item;
}

function groupOf(kind, entries) {
  const group = document.createElement("details");
  group.open = CHOICES.includes(kind) || kind === "problem";
  group.dataset.kind = kind;
  const title = document.createElement("summary");
  title.textContent = kinds.dataset[kind].replace("{count}", entries.length);
  const list = document.createElement("ul");
  list.className = "entries";
  list.append(...entries.map((entry, index) => entryOf(entry, `${kind}-${index}`)));
  group.append(title, list);
  return group;
}

function show(found) {
  seen = found.seen;
  const problems = found.problems.map((problem) => ({ ...problem, kind: "problem" }));
  const entries = [...found.differences, ...problems];
  const groups = ORDER.map((kind) => [kind, entries.filter((entry) => entry.kind === kind)])
    .filter(([, some]) => some.length)
    .map(([kind, some]) => groupOf(kind, some));
  if (found.unknown.length) {
    groups.push(groupOf("unknown", found.unknown.map((context) => ({ context, kind: "unknown" }))));
  }
  const same = Object.assign(document.createElement("p"), {
    className: "hint",
    textContent: kinds.dataset.same.replace("{count}", found.same),
  });
  kinds.replaceChildren(...groups, same);
  find("no-base").hidden = found.knowsBase || !found.differences.length;
  find("nothing").hidden = found.differences.length > 0;
  find("take").hidden = !found.differences.length;
  find("reviewed").closest("p").hidden = !found.differences.length;
  summary.hidden = false;
  summary.focus();
}

async function attempt(work) {
  say("");
  try {
    await work();
  } catch (error) {
    if (error.code === "changed_meanwhile") {
      await attempt(look);
      say(form.dataset.again);
      return;
    }
    say(error instanceof Refusal ? error.message : fault.dataset.unreachable);
  }
}

async function look() {
  show(await upload(`${path()}/look`, bodyOf({})));
}

async function take() {
  const chosen = [...kinds.querySelectorAll('input[value="take"]:checked')].map((radio) => radio.dataset.context);
  const { count } = await upload(path(), bodyOf({ seen, chosen, reviewed: find("reviewed").checked }));
  summary.hidden = true;
  form.reset();
  file = null;
  find("outcome").textContent = form.dataset.taken.replace("{count}", count);
  find("outcome").focus();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  summary.hidden = true;
  find("outcome").textContent = "";
  [file] = find("file").files;
  if (!file) say(form.dataset.choose);
  else if (file.size > Number(form.dataset.most)) say(form.dataset.big);
  else attempt(look);
});
/** The desk's own pages are in Dutch besides English only. */
function offerCatalogues() {
  const desk = find("catalogue").querySelector('[value="desk"]');
  desk.disabled = find("language").value !== "nl";
  if (desk.disabled && desk.selected) find("catalogue").selectedIndex = 0;
}
find("language").addEventListener("change", offerCatalogues);
offerCatalogues();
for (const id of ["language", "catalogue", "file"]) {
  find(id).addEventListener("change", () => {
    summary.hidden = true;
  });
}
find("take").addEventListener("click", () => attempt(take));
