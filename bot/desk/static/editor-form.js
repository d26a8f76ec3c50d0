// A form of the editors: sends its fields, says at each field what is wrong with it, asks about what is strange, and
// shows what somebody else has changed meanwhile. Nothing that was typed is ever lost.

import { Refusal, call } from "./api.js";
import { setUnsaved } from "./editor-unsaved.js";

const find = (id) => document.getElementById(id);
const form = find("form");
const fault = find("fault");
const sure = new Set();

const controls = () => [...form.elements].filter((control) => control.name);
const valueOf = (control) => (control.type === "checkbox" ? control.checked : control.value);

/** What is in the form: name of a field -> text, or true and false. */
export const fieldsOf = () => Object.fromEntries(controls().map((control) => [control.name, valueOf(control)]));

/** Something was changed by a script. */
export const changed = () => setUnsaved("form", true);

function say(text) {
  fault.hidden = !text;
  fault.textContent = text;
  if (text) fault.scrollIntoView({ block: "nearest" });
}

function clearMarks() {
  for (const note of form.querySelectorAll(".field-fault")) note.remove();
  for (const control of form.querySelectorAll("[aria-invalid]")) {
    control.removeAttribute("aria-invalid");
    const described = (control.getAttribute("aria-describedby") ?? "").replace(/ ?fault-\S+/, "");
    if (described) control.setAttribute("aria-describedby", described);
    else control.removeAttribute("aria-describedby");
  }
}

/** Put a text beside its field, or where the field would be. */
function mark({ field, text }) {
  const control = form.elements.namedItem(field) ?? find(field);
  const note = document.createElement("p");
  note.className = "field-fault";
  note.id = `fault-${field}`;
  note.textContent = text;
  if (!control) {
    form.prepend(note);
    return;
  }
  control.after(note);
  const folded = control.closest("details");
  if (folded) folded.open = true;
  if (!control.name) return;
  control.setAttribute("aria-invalid", "true");
  const described = control.getAttribute("aria-describedby");
  control.setAttribute("aria-describedby", described ? `${described} ${note.id}` : note.id);
}

/** Whether somebody says that what is strange is right; `yes` is what the button for that says. */
function confirmed(questions, yes = find("sure-yes").dataset.save) {
  const dialog = find("sure");
  find("sure-yes").textContent = yes;
  const items = questions.map(({ text }) => Object.assign(document.createElement("li"), { textContent: text }));
  find("questions").replaceChildren(...items);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

function labelOf(name) {
  const control = form.elements.namedItem(name);
  return control?.labels?.[0]?.textContent || control?.getAttribute("aria-label") || name;
}

const words = (value) => (value === true ? "✓" : value === false || value === undefined || value === "" ? "–" : value);

function cell(kind, text, label) {
  const made = Object.assign(document.createElement(kind), { textContent: text });
  if (label) made.dataset.label = label;
  else made.scope = "row";
  return made;
}

async function showConflict() {
  const theirs = await call("GET", form.dataset.api);
  const section = find("conflict");
  const rows = find("conflict-rows");
  const { by, published } = section.dataset;
  const mine = fieldsOf();
  const names = [...new Set([...Object.keys(theirs.fields), ...Object.keys(mine).filter((name) => /^periods/.test(name))])];
  const different = names.filter((name) => words(theirs.fields[name]) !== words(mine[name]));
  rows.replaceChildren(
    ...different.map((name) => {
      const row = document.createElement("tr");
      row.append(
        cell("th", labelOf(name)),
        cell("td", words(theirs.fields[name]), rows.dataset.theirs),
        cell("td", words(mine[name]), rows.dataset.yours),
      );
      return row;
    }),
  );
  find("conflict-by").textContent = theirs.by ? by.replace("{name}", theirs.by).replace("{time}", theirs.at) : published;
  section.dataset.seen = theirs.seen;
  section.hidden = false;
  section.scrollIntoView({ block: "nearest" });
  section.focus();
}

async function save() {
  clearMarks();
  say("");
  find("conflict").hidden = true;
  await send(form.dataset.api, { seen: form.dataset.seen, sure: [...sure], fields: fieldsOf() });
}

/** Have the desk do something with what the page is about, and go where it says. */
async function send(path, body) {
  try {
    const answer = await call("POST", path, body);
    setUnsaved("form", false);
    sure.clear();
    location.assign(answer.page);
  } catch (error) {
    await explain(error);
  }
}

async function explain(error) {
  if (!(error instanceof Refusal)) {
    say(fault.dataset.unreachable);
    return;
  }
  if (error.code === "unsure") {
    const { questions } = error.details;
    if (await confirmed(questions)) {
      for (const { key } of questions) sure.add(key);
      await save();
    }
    return;
  }
  say(error.message);
  for (const wrong of error.details.fields ?? []) mark(wrong);
  form.querySelector('[aria-invalid="true"]')?.focus();
  if (error.code === "changed_meanwhile") await showConflict();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
form.addEventListener("input", changed);
find("keep-mine").addEventListener("click", () => {
  form.dataset.seen = find("conflict").dataset.seen;
  save();
});
find("take-theirs").addEventListener("click", () => {
  setUnsaved("form", false);
  location.reload();
});
find("remove")?.addEventListener("click", async (event) => {
  const { seen, api } = form.dataset;
  const { ask } = event.target.dataset;
  if (await confirmed([{ text: ask }], event.target.textContent)) await send(`${api}/remove`, { seen });
});
if (find("outcome")?.textContent) find("outcome").focus();
