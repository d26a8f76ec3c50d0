// The page of an amount or rule: rows of periods, a new source, and a look at what answers would say.

import { Refusal, call } from "./api.js";
import { changed, fieldsOf } from "./editor-form.js";

const find = (id) => document.getElementById(id);
const form = find("form");
const rows = find("rows");
const source = form.elements.namedItem("source");
const kind = form.elements.namedItem("kind");

/** Rows are numbered as they stand, as the desk counts them. */
function number() {
  [...rows.rows].forEach((row, index) => {
    for (const control of row.querySelectorAll("[name]")) {
      control.name = control.name.replace(/^periods\.[^.]+/, `periods.${index}`);
    }
    for (const part of row.querySelectorAll("[aria-label]")) {
      part.setAttribute("aria-label", part.getAttribute("aria-label").replace(/\S+$/, index + 1));
    }
  });
}

/** The day after one, as the browser writes days. */
function following(day) {
  const next = new Date(`${day}T12:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

find("add").addEventListener("click", () => {
  const last = rows.rows[rows.rows.length - 1];
  const until = last?.querySelector('[name$="valid_until"]').value;
  rows.append(find("row").content.cloneNode(true));
  number();
  const added = rows.rows[rows.rows.length - 1];
  if (until) added.querySelector('[name$="valid_from"]').value = following(until);
  added.querySelector("input").focus();
  changed();
  look();
});
rows.addEventListener("click", (event) => {
  const button = event.target.closest("[data-remove]");
  if (!button) return;
  button.closest("tr").remove();
  number();
  find("add").focus();
  changed();
  look();
});

function chooseSource() {
  find("other-source").hidden = source.value !== "+";
}
source.addEventListener("change", chooseSource);
chooseSource();
kind?.addEventListener("change", () => {
  for (const field of form.querySelectorAll('[name$=".value"]')) {
    field.type = { date: "date", time: "time" }[kind.value] ?? "text";
    field.hidden = kind.value === "rule";
  }
});

let waiting;
let shown = null;

/** What the form would say, a moment after the last key. */
function look() {
  if (!find("day")) return;
  clearTimeout(waiting);
  waiting = setTimeout(ask, 300);
}

async function ask() {
  const fault = find("look-fault");
  try {
    shown = await call("POST", `${form.dataset.api}/preview`, { day: find("day").value, fields: fieldsOf() });
    fault.hidden = true;
    show();
  } catch (error) {
    fault.hidden = false;
    for (const id of ["look-values", "look-answers", "look-state"]) find(id).replaceChildren();
    fault.textContent = error instanceof Refusal ? error.message : find("fault").dataset.unreachable;
  }
}

function show() {
  find("look-state").textContent = shown.state;
  const values = Object.entries(shown.values).flatMap(([language, text]) => [
    Object.assign(document.createElement("dt"), { textContent: find("look-language").querySelector(`[value="${language}"]`).textContent, lang: language }),
    Object.assign(document.createElement("dd"), { textContent: text, lang: language }),
  ]);
  find("look-values").replaceChildren(...values);
  const chosen = find("look-language").value;
  const answers = shown.answers.map((texts) =>
    Object.assign(document.createElement("p"), { className: "bubble", textContent: texts[chosen], lang: chosen }),
  );
  find("look-answers").replaceChildren(...answers);
}

if (find("day")) {
  form.addEventListener("input", look);
  find("day").addEventListener("input", look);
  find("look-language").addEventListener("change", show);
  ask();
}
