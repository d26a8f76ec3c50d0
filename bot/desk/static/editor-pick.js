// A list of choices in order: organisations, topics, rules.

import { element, find, say } from "./editor-page.js";

/**
 * Make a place into such a list. `known`: [{id, title}]; `changed` is called after each change.
 * What it returns reads the ids, and puts others there.
 */
export function picker(name, known, changed) {
  const list = find(`${name}-list`);
  const input = find(`${name}-add`);
  const fault = find(`${name}-fault`);
  const titles = new Map(known.map(({ id, title }) => [id, title]));
  let chosen = [];

  find(`${name}-choices`).replaceChildren(
    ...known.map(({ title }) => Object.assign(document.createElement("option"), { value: title })),
  );

  function draw() {
    list.replaceChildren(...chosen.map(row));
  }

  function row(id, index) {
    const title = titles.get(id) ?? id;
    const item = element("li", "", "");
    item.append(element("span", "name", title));
    for (const [act, label, step] of [["up", "up", -1], ["down", "down", 1]]) {
      const button = element("button", "pill small", act === "up" ? "↑" : "↓");
      button.type = "button";
      button.setAttribute("aria-label", say(label, { name: title }));
      button.disabled = index + step < 0 || index + step >= chosen.length;
      button.addEventListener("click", () => {
        [chosen[index], chosen[index + step]] = [chosen[index + step], chosen[index]];
        after(index + step, act);
      });
      item.append(button);
    }
    const button = element("button", "pill small", "✕");
    button.type = "button";
    button.setAttribute("aria-label", say("remove", { name: title }));
    button.addEventListener("click", () => {
      chosen.splice(index, 1);
      after(Math.min(index, chosen.length - 1));
    });
    item.append(button);
    return item;
  }

  /** Draw anew, and keep the focus where somebody was. */
  function after(index, act) {
    draw();
    const buttons = list.children[index]?.querySelectorAll("button") ?? [];
    const wanted = buttons[act === "up" ? 0 : act === "down" ? 1 : 2];
    (wanted && !wanted.disabled ? wanted : ([...buttons].find((one) => !one.disabled) ?? input)).focus();
    changed();
  }

  function add() {
    const id = known.find(({ title, id }) => title === input.value.trim() || id === input.value.trim())?.id;
    fault.hidden = Boolean(id) || !input.value.trim();
    if (!id) {
      fault.textContent = say("unknown_choice");
      return;
    }
    if (!chosen.includes(id)) chosen.push(id);
    input.value = "";
    draw();
    changed();
  }

  find(`${name}-button`).addEventListener("click", add);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  });
  input.addEventListener("input", () => {
    // Choosing from the browser's list puts the whole title there.
    if (known.some(({ title }) => title === input.value)) add();
  });

  return {
    read: () => [...chosen],
    put: (ids) => {
      chosen = [...ids];
      draw();
    },
  };
}
