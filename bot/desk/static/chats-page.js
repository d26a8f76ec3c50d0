// What the page was given, its words, and small things that all its parts do.

export const data = JSON.parse(document.getElementById("data").textContent);

export const byId = (id) => document.getElementById(id);

/** A text of the page with its blanks filled in. */
export function say(key, values = {}) {
  return data.texts[key].replace(/{(\w+)}/g, (blank, name) => values[name] ?? blank);
}

export function element(kind, className, ...content) {
  const node = document.createElement(kind);
  if (className) node.className = className;
  node.append(...content);
  return node;
}

export function button(className, text, pressed) {
  const node = element("button", className, text);
  node.type = "button";
  node.addEventListener("click", pressed);
  return node;
}

/** Changes a text only if it is another one: what is the same is not read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows what is wrong, or nothing. */
export function complain(node, text = "") {
  setText(node, text);
  node.hidden = !text;
}

const locale = data.language === "en" ? "en-GB" : data.language;
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const dayAndClock = new Intl.DateTimeFormat(locale, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** Whether there is room for the list beside the chat. */
export const isWide = () => window.matchMedia("(min-width: 60.01rem)").matches;

/** An hour; with its day if that is not today. */
export function moment(text) {
  const then = new Date(text);
  return (then.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(then);
}

/** Seconds as people read them. */
export function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return minutes + ":" + String(Math.floor(seconds % 60)).padStart(2, "0");
  return say("hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** A choice that this browser keeps. */
export function preference(name, fallback) {
  const key = "desk." + name;
  return {
    get: () => {
      try {
        return localStorage.getItem(key) ?? fallback;
      } catch {
        return fallback;
      }
    },
    set: (value) => {
      try {
        localStorage.setItem(key, value);
      } catch {
        // Then it holds until the page is closed.
        fallback = value;
      }
    },
  };
}
