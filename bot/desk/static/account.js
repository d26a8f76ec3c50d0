// One's own account: another password, and the name that people are shown.

import { Refusal, call, renew } from "./api.js";

const form = document.getElementById("change");
const outcome = document.getElementById("outcome");
const [present, chosen, again] = ["present", "new", "again"].map((id) => document.getElementById(id));

function say(text, isFault, where = outcome) {
  where.textContent = text;
  where.classList.toggle("fault", isFault);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (chosen.value !== again.value) return say(form.dataset.different, true);
  try {
    const { csrf } = await call("POST", "password", { present: present.value, new: chosen.value });
    renew(csrf);
    // The button to log out holds it, too.
    for (const field of document.querySelectorAll('input[name="csrf"]')) field.value = csrf;
    form.reset();
    say(form.dataset.done, false);
  } catch (error) {
    say(error instanceof Refusal ? error.message : form.dataset.offline, true);
  }
});

const showing = document.getElementById("showing");
if (showing) {
  const said = document.getElementById("shown-outcome");
  showing.addEventListener("submit", async (event) => {
    event.preventDefault();
    const field = document.getElementById("shown-name");
    try {
      field.value = (await call("POST", "shown-name", { shown_name: field.value })).shown_name;
      say(showing.dataset.done, false, said);
    } catch (error) {
      say(error instanceof Refusal ? error.message : showing.dataset.offline, true, said);
    }
  });
}
