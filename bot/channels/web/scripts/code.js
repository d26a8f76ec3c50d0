// Coming back to a chat with its code, on this phone or another one.

import { chat } from "./state.js";
import { call } from "./api.js";
import { comeBack } from "./conversation.js";
import { closeDialog, isSure, openDialog } from "./dialog.js";
import { connect, disconnect } from "./events.js";
import { showEnd } from "./log.js";
import { mention } from "./status.js";
import { say } from "./words.js";

/** With or without the zeros of a number called from abroad: phones write a plus for them. */
const DIGITS = [16, 14];
const asking = document.getElementById("code");
const code = document.getElementById("code-field");
const codeFault = document.getElementById("code-fault");
const goOn = document.getElementById("code-go");
let isReading = false;

async function askForCode() {
  if (chat.id && !(await isSure("resume_ask", "cancel", "resume_replace"))) return;
  code.value = "";
  faulty("");
  openDialog(asking, code);
}

function faulty(text) {
  codeFault.textContent = text;
  code.setAttribute("aria-invalid", String(Boolean(text)));
  if (text) code.focus();
}

function showReading(is) {
  isReading = is;
  goOn.textContent = say(is ? "sending" : "resume_go");
}

/** Calls `shown` when the chat of a code is on the page. */
export function onCode(shown) {
  document.getElementById("code-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isReading) return;
    const text = code.value;
    if (!DIGITS.includes(text.replace(/\D/g, "").length)) return faulty(say("resume_digits"));
    faulty("");
    showReading(true);
    try {
      const found = await call("POST", "/api/resume", { code: text, language: chat.language }, null);
      const { messages } = await call("GET", "/api/messages", undefined, found.token);
      // Somebody may have gone back meanwhile.
      if (asking.hidden) return;
      disconnect();
      comeBack(found.token, found.language, messages);
      connect();
      closeDialog(asking);
      mention(say("resumed"));
      shown();
      showEnd();
    } catch (error) {
      faulty(error.message && error.status ? error.message : say("not_sent"));
    } finally {
      showReading(false);
    }
  });
}

document.getElementById("resume").addEventListener("click", askForCode);
document.getElementById("code-back").addEventListener("click", () => closeDialog(asking));
