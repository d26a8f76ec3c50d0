// The page of a contact: its translations and hours, and a look at what people read at a moment.

import { Refusal, call } from "./api.js";
import { askWhetherTranslationsFit } from "./editor-fits.js";
import { fieldsOf } from "./editor-form.js";

const find = (id) => document.getElementById(id);
const form = find("form");
const moment = find("moment");
let waiting;

function chooseHours() {
  find("week").hidden = form.elements.namedItem("hours").value !== "week";
}

/** What the form would say, a moment after the last key. */
function look() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 300);
}

async function ask() {
  const fault = find("look-fault");
  try {
    const { texts } = await call("POST", `${form.dataset.api}/preview`, { moment: moment.value, fields: fieldsOf() });
    fault.hidden = true;
    const shown = Object.entries(texts).map(([language, text]) =>
      Object.assign(document.createElement("p"), { className: "bubble", textContent: text, lang: language }),
    );
    find("look-texts").replaceChildren(...shown);
  } catch (error) {
    fault.hidden = false;
    fault.textContent = error instanceof Refusal ? error.message : find("fault").dataset.unreachable;
  }
}

askWhetherTranslationsFit(form.elements.namedItem("does"), () => {
  find("translations").open = true;
});
form.elements.namedItem("hours").addEventListener("change", chooseHours);
form.addEventListener("input", look);
moment.addEventListener("input", look);
for (const button of document.querySelectorAll("[data-moment]")) {
  button.addEventListener("click", () => {
    moment.value = button.dataset.moment;
    ask();
  });
}
chooseHours();
// Of a new contact there is nothing to look at yet.
if (form.dataset.seen) ask();
