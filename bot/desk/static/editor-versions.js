// Returning to an earlier version.

import { Refusal, call } from "./api.js";
import { showProgress, watch } from "./editor-watch.js";

const find = (id) => document.getElementById(id);
const page = find("versions");
const fault = find("fault");

function fill(list, names) {
  find(list).replaceChildren(
    ...names.map((name) => Object.assign(document.createElement("li"), { textContent: name })),
  );
}

async function goBack(version) {
  const { changes, drafted, trains } = await call("POST", `versions/${version}/check`, {});
  const dialog = find("back");
  fill("will-change", changes);
  fill("stays-list", drafted);
  find("stays").hidden = !drafted.length;
  find("trains").hidden = !trains;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  if (dialog.returnValue !== "yes") return;
  await call("POST", `versions/${version}/return`, { live: page.dataset.live, reason: find("reason").value });
  location.reload();
}

for (const button of page.querySelectorAll("[data-version]")) {
  button.addEventListener("click", async () => {
    fault.hidden = true;
    try {
      await goBack(button.dataset.version);
    } catch (error) {
      fault.textContent = error instanceof Refusal ? error.message : page.dataset.offline;
      fault.hidden = false;
      fault.scrollIntoView({ block: "center" });
    }
  });
}

let look = null;
watch((state) => {
  showProgress(state);
  if (look && look !== state.look) location.reload();
  look = state.look;
});
