// Amounts are inserted from a list, never typed: so they are right in every language, and change by themselves.

import { element, find, page, say } from "./editor-page.js";

const dialog = find("insert");
const search = find("insert-search");
const list = find("insert-list");
const found = find("insert-found");
const MOST = 40;
let field;
/** Where the cursor was: closing a dialog can move it. */
let place;

const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Let somebody choose an amount for a field; it is put where the cursor is. */
export function openFacts(target) {
  field = target;
  place = [field.selectionStart, field.selectionEnd];
  search.value = "";
  show();
  dialog.showModal();
  search.focus();
}

function show() {
  const wanted = plain(search.value).split(/\s+/).filter(Boolean);
  const language = field.lang;
  const fits = page.facts.filter((fact) => {
    const words = plain(`${fact.about} ${fact.id} ${fact.values[language]}`);
    return wanted.every((word) => words.includes(word));
  });
  list.replaceChildren(...fits.slice(0, MOST).map((fact) => choice(fact, language)));
  found.textContent = fits.length ? say("found_facts", { count: fits.length }) : say("no_facts");
}

function choice(fact, language) {
  const button = element("button", "choice");
  button.type = "button";
  const value = element("strong", "", fact.values[language]);
  value.lang = language;
  const about = element("span", "", fact.about);
  about.lang = "en";
  button.append(value, " ", about, " ", element("code", "", `{${fact.id}}`));
  if (fact.state !== "current") button.append(" ", element("span", `state is-${fact.state}`, say(`fact_${fact.state}`)));
  button.addEventListener("click", () => insert(fact));
  const item = document.createElement("li");
  item.append(button);
  return item;
}

function insert(fact) {
  dialog.close();
  field.focus();
  field.setRangeText(`{${fact.id}}`, ...place, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Arrows go through the list, as people expect of one that they search. */
function move(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const buttons = [...list.querySelectorAll("button")];
  if (!step || !buttons.length) return;
  event.preventDefault();
  const next = buttons.indexOf(document.activeElement) + step;
  (next < 0 ? search : buttons[Math.min(next, buttons.length - 1)]).focus();
}

search.addEventListener("input", show);
dialog.addEventListener("keydown", move);
search.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  list.querySelector("button")?.click();
});
