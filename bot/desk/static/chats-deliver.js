// Sends what a counsellor wrote, and again by itself when the connection fails: the desk stores it once.

import { Refusal, call } from "./api.js";
import { complain, say } from "./chats-page.js";
import { pause, reason } from "./chats-live.js";

/** It is tried for so long, in seconds; then the counsellor decides. */
const PATIENCE = 120;
const LONGEST_WAIT = 15;
/** What the desk refuses only for the moment. */
const PASSING = ["unavailable", "internal"];

/** What each thing that is not sent yet is called, so that it keeps its name when somebody sends it once more. */
const names = new Map();

const isPassing = (error) => !(error instanceof Refusal) || PASSING.includes(error.code);

/**
 * Sends a reply or note to `path`; whether it was. What goes wrong stands in the element that `fault()` gives, if
 * there is one to show it in. `isWanted` says whether to go on trying.
 */
export async function deliver(path, body, fault, isWanted = () => true) {
  const tell = (text) => fault() && complain(fault(), text);
  const key = JSON.stringify([path, body]);
  if (!names.has(key)) names.set(key, crypto.randomUUID());
  const end = performance.now() + PATIENCE * 1000;
  tell("");
  for (let failures = 1; ; failures += 1) {
    try {
      await call("POST", path, { id: names.get(key), ...body });
      names.delete(key);
      tell("");
      return true;
    } catch (error) {
      if (!isPassing(error) || !isWanted() || performance.now() > end) {
        tell(`${say("not_sent")} ${reason(error)}`.trim());
        return false;
      }
      tell(say("sending_again"));
    }
    await pause(Math.min(2 ** (failures - 1), LONGEST_WAIT));
  }
}
