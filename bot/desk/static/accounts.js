// Everybody's accounts, for admins.

import { Refusal, call } from "./api.js";

const find = (id) => document.getElementById(id);
const table = find("accounts");
const fault = find("fault");

function say(text, isFault) {
  fault.hidden = !isFault;
  fault.textContent = isFault ? text : "";
  find("outcome").textContent = isFault ? "" : text;
}

/** Do something with the API and say what went wrong, if anything did. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    say(error instanceof Refusal ? error.message : fault.dataset.offline, true);
  }
}

function stateOf(account) {
  if (!account.enabled) return "disabled";
  return account.expired ? "expired" : account.new ? "new" : "enabled";
}

function rowOf(account) {
  const row = find("row").content.cloneNode(true);
  const isOwn = account.name === table.dataset.own;
  const role = [...find("role").options].find((option) => option.value === account.role);
  row.querySelector('[data-part="name"]').textContent = account.name;
  row.querySelector('[data-part="role"]').textContent = role.textContent;
  const shown = row.querySelector('[data-part="shown"]');
  const isShown = account.role === "counsellor";
  shown.textContent = shown.textContent.replace("{name}", account.shown_name);
  shown.hidden = !isShown;
  for (const mark of row.querySelectorAll("[data-state]")) {
    mark.hidden = mark.dataset.state === "own" ? !isOwn : mark.dataset.state !== stateOf(account);
  }
  for (const button of row.querySelectorAll("[data-act]")) {
    const act = button.dataset.act;
    const isUseless = { enable: account.enabled, disable: !account.enabled, "shown-name": !isShown }[act];
    button.hidden = isOwn || Boolean(isUseless);
    button.addEventListener("click", () => attempt(() => change(account, button)));
  }
  return row;
}

async function show() {
  const { accounts } = await call("GET", "accounts");
  table.tBodies[0].replaceChildren(...accounts.map(rowOf));
}

/** Whether the admin means it. */
function confirmed(question, answer) {
  const dialog = find("ask");
  find("question").textContent = question;
  find("yes").textContent = answer;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Show a password that is shown only now. */
function give({ name, password }) {
  const dialog = find("given");
  find("given-name").textContent = name;
  find("given-password").textContent = password;
  dialog.addEventListener("close", () => (find("given-password").textContent = ""), { once: true });
  dialog.showModal();
}

/** The name that people shall be shown; null if the admin would rather not. */
function named(account) {
  const dialog = find("naming");
  find("naming-title").textContent = account.name;
  find("naming-field").value = account.shown_name;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    const answer = () => resolve(dialog.returnValue === "yes" ? find("naming-field").value : null);
    dialog.addEventListener("close", answer, { once: true });
  });
}
find("naming-cancel").addEventListener("click", () => find("naming").close());

async function change(account, button) {
  const { name } = account;
  const { act, ask, done } = button.dataset;
  if (ask && !(await confirmed(ask.replace("{name}", name), button.textContent))) return;
  const chosen = act === "shown-name" ? await named(account) : "";
  if (chosen === null) return;
  const body = act === "shown-name" ? { shown_name: chosen } : undefined;
  const given = await call("POST", `accounts/${encodeURIComponent(name)}/${act}`, body);
  say(done ? done.replace("{name}", name) : "", false);
  await show();
  if (given && given.password) give(given);
}

find("create").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(async () => {
    const given = await call("POST", "accounts", { name: find("name").value, role: find("role").value });
    say("", false);
    find("create").reset();
    await show();
    give(given);
  });
});

attempt(show);
