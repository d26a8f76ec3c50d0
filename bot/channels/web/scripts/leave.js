// Leaves at once: a blank page, nothing kept here, and a neutral page that Back does not lead away from.

import { chat, forget } from "./state.js";
import { disconnect } from "./events.js";
import { isEmbedded, tellHost } from "./embed.js";
import { forgetDevice } from "./device.js";
import { headers, wait } from "./api.js";
import { stopReading } from "./speech.js";
import { say } from "./words.js";
import { tell } from "./tabs.js";

const KEY_SECONDS = 5;
/** The page is blank at once; it goes when nothing is left here, or after this. A slow phone takes its time. */
const ERASING_SECONDS = 3;
const link = document.getElementById("leave");
let leaving = false;

/** `told`: another tab leaves, and has told the rest. */
export async function leave(told = false) {
  if (leaving) return;
  leaving = true;
  const { token, holder } = chat;
  blank();
  stopReading();
  disconnect();
  forget();
  if (!told) tell({ kind: "leave" });
  // A chat that a person holds or is wanted for stays with them.
  if (token && holder === "bot") {
    fetch("/api/conversations", { method: "DELETE", keepalive: true, headers: headers(token) }).catch(() => {});
  }
  await Promise.race([forgetDevice(true), wait(ERASING_SECONDS)]);
  if (isEmbedded()) leaveHost();
  else location.replace(link.href);
}

function blank() {
  const cover = document.createElement("div");
  cover.className = "blank";
  cover.setAttribute("role", "alert");
  document.body.replaceChildren(cover);
  cover.textContent = say("leaving");
  document.title = new URL(link.href).hostname;
}

async function leaveHost() {
  tellHost("leave");
  await wait(0.3);
  try {
    window.top.location.replace(link.href);
  } catch {
    // The page around us is still there; this one is blank.
  }
}

link.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});

// Shift three times within five seconds, and nothing else in between.
let presses = [];
window.addEventListener("keydown", (event) => {
  if (event.repeat) return;
  const since = Date.now() - KEY_SECONDS * 1000;
  presses = event.key === "Shift" ? [...presses.filter((time) => time > since), Date.now()] : [];
  if (presses.length >= 3) leave();
}, true);

window.addEventListener("pointerdown", () => (presses = []), true);

// A page that the browser has kept alive comes back as it was: it must come back empty.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
