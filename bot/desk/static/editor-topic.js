// One topic: its texts side by side, what belongs to it, its messages and its history.

import { call } from "./api.js";
import { Column } from "./editor-column.js";
import { detailsForm, markDetails } from "./editor-details.js";
import { attempt, element, find, page, say, tell } from "./editor-page.js";
import { setUnsaved } from "./editor-unsaved.js";

const SHOWN = "wegwijzer-desk-languages";
const id = page.sheet.id;
let details = page.sheet.details;
let detailsSeen = page.sheet.seen.details;

// ---- the columns

const columns = Object.keys(page.languages).map(
  (language) => new Column(language, { path: `topics/${id}/preview`, saved: showSheet }),
);
find("columns").append(...columns.map((column) => column.node));

/** A new state of the topic, which one of the columns has brought. */
function showSheet(sheet, from) {
  for (const column of columns) if (column !== from) column.put(sheet);
  showHistory(sheet.history);
  showCounts(sheet);
}

// ---- which languages are shown

function startingLanguages() {
  try {
    const kept = JSON.parse(localStorage.getItem(SHOWN));
    if (Array.isArray(kept) && kept.length) return kept;
  } catch {
    // Nothing kept, or nothing may be: all are shown.
  }
  return matchMedia("(max-width: 40rem)").matches ? ["en"] : Object.keys(page.languages);
}

function showLanguages() {
  const boxes = [...find("shown").querySelectorAll("input")];
  const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
  for (const column of columns) {
    const wasHidden = column.node.hidden;
    column.node.hidden = !chosen.includes(column.language);
    if (wasHidden && !column.node.hidden) column.preview();
  }
  return chosen;
}

const starting = startingLanguages();
for (const [language, { name }] of Object.entries(page.languages)) {
  const label = document.createElement("label");
  const box = Object.assign(document.createElement("input"), { type: "checkbox", value: language });
  box.checked = starting.includes(language);
  box.addEventListener("change", () => {
    try {
      localStorage.setItem(SHOWN, JSON.stringify(showLanguages()));
    } catch {
      // They are shown all the same.
    }
  });
  label.append(box, ` ${name}`);
  find("shown").append(label);
}

// ---- how they look

find("looks").addEventListener("change", () => {
  const look = find("looks").querySelector('[name="look"]:checked').value;
  const isSimpler = find("simpler").checked;
  for (const column of columns) {
    column.look = look;
    if (column.isSimpler !== isSimpler) {
      column.isSimpler = isSimpler;
      column.preview();
    } else column.show(look);
  }
});

// ---- what belongs to it

const form = detailsForm(() => {
  setUnsaved("details", areDetailsChanged());
  tell(find("details-outcome"), "");
});
const areDetailsChanged = () => JSON.stringify(sorted(form.read())) !== JSON.stringify(sorted(details));
const sorted = (values) => Object.fromEntries(Object.entries(values).sort());

function putDetails(sheet) {
  details = sheet.details;
  detailsSeen = sheet.seen.details;
  form.put(details);
  setUnsaved("details", false);
}

async function saveDetails() {
  find("details-conflict").hidden = true;
  markDetails([]);
  const isSaved = await attempt(
    async () => {
      const sheet = await call("POST", `topics/${id}/details`, { details: form.read(), seen: detailsSeen });
      putDetails(sheet);
      showHistory(sheet.history);
      for (const column of columns) column.check();
    },
    find("details-fault"),
    async (refusal) => {
      markDetails(refusal.details.fields ?? []);
      if (refusal.code !== "changed_meanwhile") return;
      theirs = await call("GET", `topics/${id}`);
      const [last] = theirs.history;
      tell(find("details-by"), last ? say("by", { name: last.who, time: last.at, what: last.what }) : "");
      find("details-conflict").hidden = false;
      find("details-conflict").focus();
    },
  );
  if (isSaved) tell(find("details-outcome"), say("saved"));
}

let theirs;
find("details").addEventListener("submit", (event) => {
  event.preventDefault();
  saveDetails();
});
find("details-keep").addEventListener("click", () => {
  detailsSeen = theirs.seen.details;
  saveDetails();
});
find("details-take").addEventListener("click", () => {
  find("details-conflict").hidden = true;
  tell(find("details-fault"), "");
  putDetails(theirs);
});

// ---- messages and history

function showCounts({ messages, wanted }) {
  find("counts").replaceChildren(
    ...Object.entries(messages).map(([language, count]) => {
      const { name } = page.languages[language];
      const isFew = count < wanted;
      const item = element("li", isFew ? "state is-due" : "state is-fine");
      const link = element("a", "", say(isFew ? "few_messages" : "messages_of", { language: name, count, wanted }));
      link.href = `/desk/topics/${id}/messages?language=${language}`;
      item.append(link);
      return item;
    }),
  );
}

function showHistory(history) {
  const rows = history.map(({ who, at, what, published }) => {
    const row = element("li", "", `${at} · ${who} · ${what}`);
    if (!published) row.append(" ", element("span", "mark", say("not_published")));
    return row;
  });
  find("history").replaceChildren(...(rows.length ? rows : [element("li", "hint", say("no_history"))]));
}

// ---- a new topic can be taken back

find("withdraw")?.addEventListener("click", (event) => {
  const dialog = find("ask");
  find("question").textContent = event.target.dataset.ask;
  dialog.returnValue = "";
  dialog.showModal();
  dialog.addEventListener(
    "close",
    () => {
      if (dialog.returnValue !== "yes") return;
      attempt(async () => {
        await call("POST", `topics/${id}/withdraw`, {});
        for (const name of [...Object.keys(page.languages), "details"]) setUnsaved(name, false);
        location.assign("/desk/topics");
      }, find("withdraw-fault"));
    },
    { once: true },
  );
});

showLanguages();
for (const column of columns) column.put(page.sheet, true);
putDetails(page.sheet);
showSheet(page.sheet);
