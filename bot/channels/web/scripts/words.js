// The page's own words in the present language.

import { chat } from "./state.js";
import { texts } from "./texts.js";

export const say = (key) => texts[chat.language][key];
export const sayIn = (language, key) => (texts[language] || texts[chat.language])[key];

/** Puts the page's words into the present language. What was said stays as it was said. */
export function showLanguage() {
  document.documentElement.lang = chat.language;
  document.title = say("title");
  for (const node of document.querySelectorAll("[data-text]")) {
    if (!node.closest("#log")) node.textContent = say(node.dataset.text);
  }
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  document.getElementById("text").placeholder = say("placeholder");
  document.getElementById("language").value = chat.choice;
}

/** Puts the welcome, with which every chat begins, into the present language. */
export function greet() {
  for (const node of document.querySelectorAll("#log [data-text]")) {
    node.textContent = say(node.dataset.text);
    node.parentElement.lang = chat.language;
  }
}
