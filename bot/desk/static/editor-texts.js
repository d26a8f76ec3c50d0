// The page of a text of the chat: how many letters each language has, as they are typed, and whether translations
// still fit, which is asked once the English has been changed.

import { askWhetherTranslationsFit } from "./editor-fits.js";
import "./editor-form.js";

const form = document.getElementById("form");

for (const area of form.querySelectorAll("textarea")) {
  const count = document.createElement("p");
  count.className = "hint count";
  const tell = () => (count.textContent = form.dataset.letters.replace("{count}", [...area.value.trim()].length));
  area.after(count);
  area.addEventListener("input", tell);
  tell();
}

askWhetherTranslationsFit(form.elements.namedItem("en"));
