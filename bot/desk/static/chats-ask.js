// Asks before something is done that the person is told of.

import { byId, element } from "./chats-page.js";

const dialog = byId("ask");
const choices = byId("ask-choices");

/**
 * Asks; null if the counsellor would rather not, else the choice ("" where there is none to make).
 * `options`: `[value, words]` to choose from under `legend`.
 */
export function ask({ title, text, yes, legend = "", options = [] }) {
  byId("ask-title").textContent = title;
  byId("ask-text").textContent = text;
  byId("ask-yes").textContent = yes;
  byId("ask-legend").textContent = legend;
  choices.hidden = !options.length;
  choices.replaceChildren(byId("ask-legend"), ...options.map(radio));
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const answer = () => {
      const chosen = choices.querySelector("input:checked");
      resolve(dialog.returnValue === "yes" ? (chosen ? chosen.value : "") : null);
    };
    dialog.addEventListener("close", answer, { once: true });
  });
}

function radio([value, words]) {
  const input = element("input");
  Object.assign(input, { type: "radio", name: "choice", value, required: true });
  return element("label", "choice", input, " " + words);
}
