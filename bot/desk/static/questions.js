// Questions that the program did not understand, for editors.

import { Refusal, call } from "./api.js";

const find = (id) => document.getElementById(id);
const { texts, kinds, topics, language } = JSON.parse(find("data").textContent);
const OUT_OF_SCOPE = "out_of_scope";
let made = 0;

const filled = (text, values) => text.replace(/{(\w+)}/g, (blank, name) => values[name] ?? blank);
const day = (date) => new Date(`${date}T12:00`).toLocaleDateString(language, { day: "numeric", month: "long" });

function say(place, text) {
  place.hidden = !text;
  place.textContent = text;
}

/** Do something with the API and say beside it what went wrong, if anything did. */
async function attempt(work, place = find("fault")) {
  say(place, "");
  try {
    await work();
  } catch (error) {
    say(place, error instanceof Refusal ? error.message : find("fault").dataset.offline);
  }
}

/** As high as its text is. */
function fit(area) {
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight + 2}px`;
}

function messageOf(question, spoken) {
  const row = find("message").content.cloneNode(true);
  const part = (name) => row.querySelector(`[data-part="${name}"]`);
  const [chosen, text] = [part("chosen"), part("text")];
  text.value = question.message;
  text.lang = spoken;
  part("received").textContent = filled(texts.received_as, { text: question.text });
  part("received").hidden = question.text === question.message;
  chosen.setAttribute("aria-label", `${chosen.getAttribute("aria-label")} ${question.message}`);
  chosen.addEventListener("change", () => (text.disabled = !chosen.checked));
  text.addEventListener("input", () => fit(text));
  return row;
}

function aboutOf(group) {
  const parts = [filled(texts.came, { how: group.kinds.map((kind) => kinds[kind]).join(", ") })];
  if (group.topics.length) parts.push(filled(texts.taken_for, { topics: group.topics.join(", ") }));
  parts.push(filled(texts.newest, { day: day(group.newest) }));
  return parts.join(" · ");
}

function sectionOf(group) {
  const section = find("group").content.cloneNode(true).firstElementChild;
  const part = (name) => section.querySelector(`[data-part="${name}"]`);
  const questions = group.questions.map((question) => question.id);
  const id = (made += 1);
  part("title").id = `title-${id}`;
  section.setAttribute("aria-labelledby", `title-${id}`);
  part("title").textContent = filled(group.askers === 1 ? texts.asked_once : texts.asked, {
    language: group.language_name,
    number: group.askers,
  });
  part("about").textContent = aboutOf(group);
  part("messages").append(...group.questions.map((question) => messageOf(question, group.language)));
  part("unticked").hidden = questions.length === 1;
  part("topic").id = `topic-${id}`;
  part("topic-label").htmlFor = `topic-${id}`;

  const act = (work, outcome) =>
    attempt(async () => {
      await work();
      leave(section, outcome);
    }, part("fault"));
  const make = (topic, outcome) => {
    const chosen = [...part("messages").children].filter((row) => row.querySelector("input").checked);
    if (!chosen.length) return say(part("fault"), texts.none_chosen);
    const written = chosen.map((row) => row.querySelector("textarea").value);
    return act(
      () => call("POST", "questions/messages", { topic, language: group.language, questions, texts: written }),
      filled(outcome, { number: written.length, topic: part("topic").value }),
    );
  };
  section.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const topic = topics[part("topic").value.trim()];
    if (topic) return make(topic, texts.done);
    say(part("fault"), texts.choose_topic);
    part("topic").focus();
  });
  section.querySelector('[data-act="out"]').addEventListener("click", () => make(OUT_OF_SCOPE, texts.done_out));
  section
    .querySelector('[data-act="aside"]')
    .addEventListener("click", () => act(() => call("POST", "questions/aside", { questions }), texts.done_aside));
  return section;
}

/** A group is dealt with: whoever uses the keyboard goes on with the one after it. */
function leave(section, outcome) {
  const next = section.nextElementSibling ?? section.previousElementSibling;
  section.remove();
  say(find("outcome"), outcome);
  find("none").hidden = Boolean(next);
  (next?.querySelector("h2") ?? find("none")).focus();
}

function waitingOf({ language, number }) {
  const row = document.createElement("li");
  row.textContent = filled(number === 1 ? texts.waiting_one : texts.waiting_more, { language, number });
  return row;
}

async function show() {
  const query = new URLSearchParams({ language: find("language").value, kind: find("kind").value });
  const { groups, waiting } = await call("GET", `questions?${query}`);
  find("groups").replaceChildren(...groups.map(sectionOf));
  find("groups").querySelectorAll("textarea").forEach(fit);
  find("none").hidden = groups.length > 0;
  find("waiting").replaceChildren(...waiting.map(waitingOf));
}

for (const filter of ["language", "kind"]) {
  find(filter).addEventListener("change", () => {
    say(find("outcome"), "");
    attempt(show);
  });
}
find("filters").addEventListener("submit", (event) => event.preventDefault());
attempt(show);
