// Trying the draft, publishing it, or throwing it away.

import { Refusal, call } from "./api.js";
import { showProgress, watch } from "./editor-watch.js";

const find = (id) => document.getElementById(id);
const page = find("publish");
const fault = find("fault");
/** What has been typed outlasts that the page loads itself again. */
const KEPT = ["reason", "despite"];

async function attempt(work) {
  fault.hidden = true;
  try {
    await work();
  } catch (error) {
    fault.textContent = error instanceof Refusal ? error.message : page.dataset.offline;
    fault.hidden = false;
    fault.scrollIntoView({ block: "center" });
  }
}

function loadAgain() {
  for (const id of KEPT) if (find(id)) sessionStorage.setItem(`publish-${id}`, find(id).value);
  location.reload();
}

const acts = {
  try: () => call("POST", "trial", {}).then(loadAgain),
  cancel: () => call("POST", "trial/cancel", {}).then(loadAgain),
  discard: async () => {
    const dialog = find("discard");
    dialog.returnValue = "";
    find("sure").checked = false;
    dialog.showModal();
    await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
    if (dialog.returnValue !== "yes") return;
    await call("POST", "draft/discard", { draft: page.dataset.draft });
    location.reload();
  },
};

for (const button of page.querySelectorAll("[data-act]")) {
  button.addEventListener("click", () => attempt(acts[button.dataset.act]));
}

const form = find("go");
if (form) {
  for (const id of KEPT) {
    if (find(id)) find(id).value = sessionStorage.getItem(`publish-${id}`) || "";
    sessionStorage.removeItem(`publish-${id}`);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.querySelector("[data-stopped]")) {
      find("why").scrollIntoView({ block: "center" });
      return;
    }
    const despite = find("despite") ? find("despite").value : "";
    const body = { draft: page.dataset.draft, reason: find("reason").value, despite };
    attempt(() => call("POST", "publish", body).then(() => location.reload()));
  });
}

const only = find("only");
if (only) {
  only.addEventListener("change", () => {
    for (const row of page.querySelectorAll(".judged > [data-language]")) {
      row.hidden = Boolean(only.value) && row.dataset.language !== only.value;
    }
  });
}

watch((state) => {
  showProgress(state);
  find("stale").hidden = !state.draft || state.draft === page.dataset.draft;
  if (state.look !== page.dataset.look) loadAgain();
});
