// Dialogs over the conversation. The first row stays usable meanwhile: one can always leave.

import { say } from "./words.js";

const main = document.querySelector("main");
const confirming = document.getElementById("confirm");
const yes = document.getElementById("go");
const no = document.getElementById("keep");
let before = null;

/** Shows a dialog with the focus on one of its controls. */
export function openDialog(node, first) {
  before = document.activeElement;
  node.hidden = false;
  main.inert = true;
  first.focus();
}

/** Hides it; the focus goes back to where it was. */
export function closeDialog(node) {
  node.hidden = true;
  main.inert = false;
  before.focus({ preventScroll: true });
}

/** Whether a dialog is open. */
export const isAsking = () => main.inert;

/** Asks before something that cannot be undone; the texts by their keys. */
export function isSure(question, keepIt, goOn) {
  document.getElementById("confirm-question").textContent = say(question);
  no.textContent = say(keepIt);
  yes.textContent = say(goOn);
  openDialog(confirming, no);
  return new Promise((answer) => {
    const close = (is) => {
      closeDialog(confirming);
      answer(is);
    };
    no.onclick = () => close(false);
    yes.onclick = () => close(true);
  });
}

for (const node of document.querySelectorAll('[role="dialog"]')) {
  node.addEventListener("keydown", (event) => {
    // What is open inside closes first.
    event.stopPropagation();
    const controls = Array.from(node.querySelectorAll("input, button"));
    if (event.key === "Escape" && !event.isComposing) node.querySelector('button[type="button"]').click();
    if (event.key !== "Tab") return;
    event.preventDefault();
    const at = controls.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
    controls[(at + controls.length) % controls.length].focus();
  });
}
