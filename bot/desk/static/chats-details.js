// About the person in the open chat: on top, what matters before a word is written.

import { byId, element, isWide, moment, say, setText } from "./chats-page.js";
import { placeOf, standing, title } from "./chats-queue.js";
import { onChat } from "./chats-current.js";

const details = byId("details");

onChat(({ chat }, isOther) => {
  setText(byId("chat-title"), title(chat));
  const marks = [say("kind_" + chat.kind), standing(chat)];
  byId("marks").replaceChildren(...(chat.urgent ? [urgentMark(), " "] : []), marks.join(" · "));
  const safe = say(chat.safe ? "safe_" + chat.safe : "safe_unknown", { times: chat.times });
  byId("safe").replaceChildren(element("strong", "", say("safe") + ":"), " " + safe);
  byId("safe").classList.toggle("caution", chat.safe !== "always");
  byId("safe").hidden = chat.state === "erased";
  byId("facts").replaceChildren(...facts(chat));
  if (isOther) details.open = chat.kind === "call" || isWide();
});

function urgentMark() {
  const arrow = element("span", "", "▲ ");
  arrow.setAttribute("aria-hidden", "true");
  return element("span", "badge urgent", arrow, say("urgent"));
}

function facts(chat) {
  const rows = [
    [say("language"), chat.language_name],
    [say("topic"), chat.topic || say("no_topic")],
    [say("place"), placeOf(chat)],
    [say("channel"), say("channel_" + chat.channel)],
    [say("asked"), moment(chat.asked_at)],
  ];
  if (chat.phone) rows.unshift([say("phone"), dial(chat.phone)], [say("call_time"), chat.call_time]);
  else if (chat.kind === "call" && chat.state === "waiting") rows.unshift([say("phone"), say("phone_hidden")]);
  return rows.map(([name, value]) => element("div", "", element("dt", "", name), element("dd", "", value)));
}

function dial(phone) {
  const link = element("a", "", phone);
  link.href = "tel:" + phone.replace(/[^\d+]/g, "");
  return link;
}
