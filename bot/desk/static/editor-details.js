// What belongs to a topic besides its texts: how urgent it is, who helps, what is asked next, its sources.

import { find, page } from "./editor-page.js";
import { picker } from "./editor-pick.js";

const FIELDS = ["urgency", "means", "source", "review_by"];

/** The form's controls; `changed` is called after each change. */
export function detailsForm(changed) {
  const lists = {
    services: picker("services", page.services, changed),
    related: picker("related", page.topics.filter(({ id }) => id !== page.sheet.id), changed),
    facts: picker("facts", page.rules, changed),
  };
  for (const name of FIELDS) find(name).addEventListener("input", changed);
  return {
    read: () => ({
      ...Object.fromEntries(FIELDS.map((name) => [name, find(name).value])),
      ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.read()])),
    }),
    put: (details) => {
      for (const name of FIELDS) find(name).value = details[name];
      for (const [name, list] of Object.entries(lists)) list.put(details[name]);
    },
  };
}

/** Say at a list what is wrong with it; whether all was said. */
export function markDetails(fields) {
  for (const name of ["services", "related"]) {
    const wrong = fields.find(({ field }) => field === name);
    find(`${name}-fault`).hidden = !wrong;
    find(`${name}-fault`).textContent = wrong?.text ?? "";
  }
}
