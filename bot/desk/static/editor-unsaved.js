// What somebody has typed and not saved: it survives a slip of the mouse and the end of a session.

import { Refusal, call, renew, whenSignedOut } from "./api.js";

const box = document.getElementById("signed-out");
const unsaved = new Set();

/** Say whether a part of the page holds something that is not saved. */
export function setUnsaved(name, isUnsaved) {
  if (isUnsaved) unsaved.add(name);
  else unsaved.delete(name);
}

addEventListener("beforeunload", (event) => {
  if (unsaved.size) event.preventDefault();
});

// What is being written must not be lost to the log-in page.
whenSignedOut(() => {
  box.hidden = false;
  throw new Refusal(401, "signed_out", box.querySelector("p").textContent);
});

document.getElementById("go-on").addEventListener("click", async () => {
  try {
    renew((await call("GET", "me")).csrf);
    box.hidden = true;
  } catch {
    // Still logged out: the box stays.
  }
});

/** Sessions end when nothing is asked for half an hour; whoever writes is there, too. */
const STILL_HERE = 5 * 60 * 1000;
let told = Date.now();

document.addEventListener("keydown", () => {
  if (!box.hidden || Date.now() - told < STILL_HERE) return;
  told = Date.now();
  call("GET", "me").catch(() => {});
});
