// How an answer looks in the chat: as a Telegram bubble and as the widget on a website.

import { element } from "./editor-page.js";
import { withLinks } from "./widget-links.js";

/** Telegram's messages know text and `<code>`; whatever else there were would be shown as text. */
function telegramNodes(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html").body;
  return [...parsed.childNodes].map((node) =>
    node.nodeName === "CODE" ? element("code", "", node.textContent) : document.createTextNode(node.textContent),
  );
}

function buttonsOf(message, name) {
  const row = element("div", name);
  row.append(...message.buttons.map((title) => element("span", "", title)));
  return row;
}

function telegram(message) {
  const shown = message.telegram.map((html) => {
    const bubble = element("div", "bubble");
    bubble.append(...telegramNodes(html));
    return bubble;
  });
  if (message.buttons.length) shown.push(buttonsOf(message, "keyboard"));
  return shown;
}

function widget(message) {
  const bubble = element("div", "bubble");
  bubble.append(...withLinks(message.text));
  const shown = [bubble];
  if (message.buttons.length) shown.push(buttonsOf(message, "choices"));
  return shown;
}

/** Put messages into a place. `look`: `telegram` or `widget`. */
export function showMessages(place, messages, look) {
  place.className = `look ${look}`;
  place.replaceChildren(
    ...messages.map((message) => {
      const said = element("div", message.urgent ? "said urgent" : "said");
      said.append(...(look === "telegram" ? telegram(message) : widget(message)));
      return said;
    }),
  );
}
