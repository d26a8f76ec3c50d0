// Looks again and again at what runs: a trial, or a version on its way to be live.

import { call } from "./api.js";

const BUSY = 1500;
const IDLE = 10000;

/**
 * Tells `show` what the desk says, until the page is left. `{ look, draft, line, share }`: `look` changes when the page
 * should be loaded again, `line` and `share` say how far it is.
 */
export async function watch(show) {
  for (;;) {
    let state = null;
    try {
      // Asked like this it is no sign of somebody at the desk (bot/desk/guard.py).
      state = await call("GET", "publish", undefined, { Accept: "text/event-stream" });
      show(state);
    } catch {
      // The next look may succeed.
    }
    await new Promise((done) => setTimeout(done, state && state.line ? BUSY : IDLE));
  }
}

/** Shows how far it is in the page's progress bar, if it has one. */
export function showProgress({ line, share }) {
  const bar = document.getElementById("bar");
  if (!bar || !line) return;
  document.getElementById("line").textContent = line;
  bar.value = share;
}
