// Lets counsellors hear and see that somebody needs them, wherever they are looking.

import { byId, preference, say, setText } from "./chats-page.js";
import { chats, onRow } from "./chats-state.js";
import { on } from "./chats-live.js";

const alerts = preference("alerts", "off");
const own = document.title;
let sound = null;
let opens = () => {};

/** What a press on a notification opens. */
export const onNotice = (open) => (opens = open);

// ---- on and off --------------------------------------------------------------------------------------------------

const isOn = () => alerts.get() === "on";

function showState() {
  byId("alerts").setAttribute("aria-pressed", String(isOn()));
  setText(byId("alerts-state"), say(isOn() ? "alerts_on" : "alerts_off"));
  const silent = isOn() && (!sound || sound.state !== "running");
  const blocked = isOn() && "Notification" in window && Notification.permission === "denied";
  setText(byId("alerts-hint"), silent ? say("alerts_click") : blocked ? say("alerts_blocked") : "");
}

/** Browsers let a page be heard only after somebody has touched it. */
async function wakeSound() {
  if (!isOn()) return;
  sound ||= new AudioContext();
  await sound.resume();
  showState();
}

byId("alerts").addEventListener("click", async () => {
  alerts.set(isOn() ? "off" : "on");
  showState();
  if (!isOn()) return;
  await wakeSound();
  ring();
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
  showState();
});
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, wakeSound, { once: true });

// ---- ringing -----------------------------------------------------------------------------------------------------

/** Two rising tones, twice. */
function ring() {
  if (!sound || sound.state !== "running") return;
  [660, 880, 660, 880].forEach((tone, at) => {
    const start = sound.currentTime + at * 0.22 + (at > 1 ? 0.2 : 0);
    const [voice, volume] = [sound.createOscillator(), sound.createGain()];
    voice.frequency.value = tone;
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.25, start + 0.02);
    volume.gain.linearRampToValueAtTime(0, start + 0.2);
    voice.connect(volume).connect(sound.destination);
    voice.start(start);
    voice.stop(start + 0.2);
  });
}

function notify(text, id, stays) {
  if (!isOn() || !("Notification" in window) || Notification.permission !== "granted") return;
  try {
    const notice = new Notification(text, { tag: id, requireInteraction: stays, icon: "/desk/static/icon.svg" });
    notice.addEventListener("click", () => {
      window.focus();
      notice.close();
      if (chats.has(id)) opens(id);
    });
  } catch {
    // Phones want a service worker for it; there the title and the sound have to do.
  }
}

/** Says it to those who look, those who listen to the page, and those who do neither. */
function tell(key, id, stays) {
  setText(byId("news"), say(key));
  notify(say(key), id, stays);
}

onRow((row, before) => {
  const was = before || {};
  const waits = row.urgent && row.state === "waiting";
  const waited = was.urgent && was.state === "waiting";
  if (waits && !waited) {
    if (isOn()) ring();
    tell("alert_urgent", row.id, true);
  } else if (row.mine && !was.mine && was.state === "person") {
    // I did not take it myself.
    if (isOn()) ring();
    tell("alert_transferred", row.id, false);
  } else if (!before && row.state === "waiting") {
    setText(byId("news"), say("alert_new"));
  } else if (row.mine && row.unread > (was.unread || 0) && document.hidden) {
    notify(say("alert_message"), row.id, false);
  }
  showTitle();
});
/** Nobody can be shown which chat it is, and nobody is here: every one is said. */
on("waits", ({ urgent }) => {
  if (isOn()) ring();
  tell(urgent ? "alert_urgent" : "alert_new", "waits", true);
});
// From now on nothing is heard any more.
on("signedOut", () => {
  if (isOn()) ring();
  notify(say("alert_signed_out"), "signed-out", true);
});
on("open", showTitle);
// ---- the title ---------------------------------------------------------------------------------------------------

/** Says how many chats wait, and in how many of one's own there is something new. */
export function showTitle() {
  const rows = [...chats.values()];
  const waiting = rows.filter((row) => row.state === "waiting");
  const count = waiting.length + rows.filter((row) => row.mine && row.unread).length;
  const mark = waiting.some((row) => row.urgent) ? "▲ " : "";
  document.title = count ? `${mark}(${count}) ${own}` : own;
}

showState();
