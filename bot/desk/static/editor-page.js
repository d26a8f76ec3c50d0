// What the scripts of the topics' pages share: the page's data, its words, and asking the desk.

import { Refusal, call } from "./api.js";

export const find = (id) => document.getElementById(id);
export const page = JSON.parse(find("data").textContent);

/** A phrase of the page with its placeholders filled in. */
export const say = (name, values = {}) => page.texts[name].replace(/{(\w+)}/g, (blank, key) => values[key] ?? blank);

/** An element with a class and a text. */
export function element(kind, className = "", text = "") {
  const made = document.createElement(kind);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

/** A copy of a `<template>`, and its parts by `data-part`. */
export function copyOf(id) {
  const node = find(id).content.firstElementChild.cloneNode(true);
  const parts = new Map([...node.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  return { node, part: (name) => parts.get(name) };
}

/** Show a text, or nothing. */
export function tell(place, text) {
  place.textContent = text;
  if (place.matches(".fault")) place.hidden = !text;
}

/** Do something with the API; say in `fault` what went wrong. What is refused goes to `refused`, if it is given. */
export async function attempt(work, fault, refused = () => {}) {
  tell(fault, "");
  try {
    await work();
    return true;
  } catch (error) {
    const isRefusal = error instanceof Refusal;
    tell(fault, isRefusal ? error.message : find("main").querySelector("[data-offline]").dataset.offline);
    // What is asked next may fail, too; what is said already is the reason to know.
    if (isRefusal) await Promise.resolve(refused(error)).catch(() => {});
    return false;
  }
}

/** Run something a little after the last time that it was asked for. */
export function soon(act, milliseconds = 400) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, milliseconds);
  };
}

/** Ask the desk; of several questions only the answer to the last counts, the others come to null. */
export function lastOf() {
  let asked = 0;
  return async (path, body) => {
    const mine = (asked += 1);
    const answer = await call("POST", path, body);
    return mine === asked ? answer : null;
  };
}
