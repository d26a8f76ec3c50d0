// The texts of an answer in one language: what they may not say is said as they are typed, and how they look is shown.

import { call } from "./api.js";
import { openFacts } from "./editor-insert.js";
import { showMessages } from "./editor-look.js";
import { attempt, copyOf, element, lastOf, page, say, soon, tell } from "./editor-page.js";
import { setUnsaved } from "./editor-unsaved.js";

const PARTS = ["title", "text", "simpler"];
const ROWS = { text: 14, simpler: 5 };

/**
 * A column for a language.
 * `tried(body)` completes what the desk is asked for a preview, `path` is where; `saved(sheet)` is told of a new state.
 */
export class Column {
  constructor(language, { path, tried = (body) => body, saved = () => {}, save = null }) {
    const { node, part } = copyOf("column");
    this.language = language;
    this.node = node;
    this.part = part;
    this.path = path;
    this.tried = tried;
    this.saved = saved;
    this.ask = lastOf();
    this.fields = Object.fromEntries(PARTS.map((name) => [name, this.fieldOf(name)]));
    this.messages = [];
    this.check = soon(() => this.preview());
    this.setUp(save);
  }

  setUp(save) {
    const { own, name } = page.languages[this.language];
    const title = this.part("name");
    title.id = `name-${this.language}`;
    title.append(name, ...(own === name ? [] : [" ", Object.assign(element("span", "hint", own), { lang: this.language })]));
    this.node.setAttribute("aria-labelledby", title.id);
    this.part("fields").append(...PARTS.map((part) => this.fields[part].node));
    this.part("look-title").textContent = say("preview_of", { language: name });
    this.part("corrected").id = `corrected-${this.language}`;
    this.part("corrected-label").htmlFor = `corrected-${this.language}`;
    this.part("save").textContent = say("save", { language: name });
    if (save === "none") this.part("save").closest("p").hidden = true;
    this.part("form").addEventListener("submit", (event) => {
      event.preventDefault();
      if (save !== "none") this.save();
    });
    this.part("review").addEventListener("click", () => this.review());
    this.part("keep").addEventListener("click", () => this.keepMine());
    this.part("take").addEventListener("click", () => this.takeTheirs());
  }

  fieldOf(name) {
    const { node, part } = copyOf("field");
    const control = document.createElement(name === "title" ? "input" : "textarea");
    const id = `${this.language}-${name}`;
    Object.assign(control, { id, lang: this.language, spellcheck: true, autocomplete: "off" });
    if (ROWS[name]) control.rows = ROWS[name];
    part("label").htmlFor = id;
    part("label").textContent = say(name);
    part("measure").id = `${id}-measure`;
    part("faults").id = `${id}-faults`;
    control.setAttribute("aria-describedby", `${id}-measure ${id}-faults`);
    part("control").append(control);
    part("right").id = `${id}-right`;
    part("right-label").htmlFor = `${id}-right`;
    if (name === "title") part("insert").remove();
    else {
      part("insert").setAttribute("aria-label", `${say("insert")}: ${say(name)}`);
      part("insert").addEventListener("click", () => openFacts(control));
      control.addEventListener("keydown", (event) => {
        if (event.key !== "{") return;
        event.preventDefault();
        openFacts(control);
      });
    }
    control.addEventListener("input", () => this.typed());
    part("right").addEventListener("change", () => this.typed());
    return { node, part, control };
  }

  /** Show what the desk has; texts that somebody is changing stay. */
  put(sheet, force = false) {
    const texts = sheet.texts[this.language];
    const wasChanged = this.isChanged();
    const isOnlyMine = this.stored && PARTS.every((name) => this.stored[name].text === texts[name].text);
    this.stored = texts;
    for (const name of PARTS) {
      const { control, part } = this.fields[name];
      const { text, state, changes = [] } = texts[name];
      if (force || !wasChanged) control.value = text;
      showState(part("state"), state);
      part("former").hidden = !changes.length;
      part("changes").replaceChildren(...changes.map(changeNode));
      part("right-row").hidden = state !== "outdated";
      part("right").checked = false;
    }
    // If somebody else has changed these texts under what is typed here, saving shows it.
    if (force || !wasChanged || isOnlyMine) this.seen = sheet.seen?.[this.language];
    this.showReview();
    this.typed();
  }

  showReview() {
    const states = PARTS.map((name) => this.stored[name].state);
    const isMixed = new Set(states).size > 1;
    for (const name of PARTS) this.fields[name].part("state").hidden = !isMixed;
    const order = ["missing", "outdated", "unreviewed", "reviewed", "source"];
    const state = order.find((one) => states.includes(one));
    showState(this.part("state"), state);
    const button = this.part("review");
    button.hidden = !["unreviewed", "reviewed"].includes(state);
    button.textContent = say(state === "reviewed" ? "unreview" : "review");
    this.state = state;
  }

  read() {
    return Object.fromEntries(PARTS.map((name) => [name, this.fields[name].control.value]));
  }

  isChanged() {
    if (!this.stored) return false;
    return PARTS.some((name) => {
      const { control, part } = this.fields[name];
      return control.value !== this.stored[name].text || part("right").checked;
    });
  }

  typed() {
    const isChanged = this.isChanged();
    setUnsaved(this.language, isChanged);
    this.part("corrected-row").hidden = this.language !== "en" || !isChanged || this.path === "new-topic/preview";
    this.part("review").disabled = isChanged;
    if (isChanged) tell(this.part("outcome"), "");
    this.check();
  }

  /** Ask what is wrong with the texts and how they look. */
  async preview() {
    if (this.node.hidden) return;
    const body = { language: this.language, texts: this.read(), simpler: this.isSimpler === true };
    await attempt(async () => {
      const answer = await this.ask(this.path, this.tried(body));
      if (!answer) return;
      for (const name of PARTS) this.showPart(name, answer.parts[name]);
      this.messages = answer.messages;
      this.show();
    }, this.part("fault"));
  }

  showPart(name, { measure, faults, amounts }) {
    const { part, control } = this.fields[name];
    part("measure").textContent = measure;
    const lines = faults.map(({ text, grave }) => {
      const line = element("li", grave ? "grave" : "advice");
      line.append(element("strong", "", `${say(grave ? "grave" : "advice")}: `), text);
      return line;
    });
    // A list that is read aloud is only touched when it says something else.
    if (part("faults").textContent !== lines.map((line) => line.textContent).join("")) {
      part("faults").replaceChildren(...lines);
    }
    part("amounts").replaceChildren(...amounts.map((amount) => element("li", "", amount)));
    if (faults.some(({ grave }) => grave)) control.setAttribute("aria-invalid", "true");
    else control.removeAttribute("aria-invalid");
  }

  /** Show the preview the way that is chosen for all columns. */
  show(look = this.look ?? "telegram") {
    this.look = look;
    showMessages(this.part("look"), this.messages, look);
    this.part("look").lang = this.language;
  }

  body() {
    return {
      language: this.language,
      texts: this.read(),
      seen: this.seen,
      only_corrected: this.part("corrected").checked,
      still_right: PARTS.filter((name) => this.fields[name].part("right").checked),
    };
  }

  async save() {
    this.part("conflict").hidden = true;
    const isSaved = await attempt(
      async () => {
        const sheet = await call("POST", `topics/${page.sheet.id}/texts`, this.body());
        this.part("corrected").checked = false;
        this.put(sheet, true);
        this.saved(sheet, this);
      },
      this.part("fault"),
      (refusal) => this.refused(refusal),
    );
    if (isSaved) tell(this.part("outcome"), say("saved"));
  }

  async review() {
    const isDone = await attempt(
      async () => {
        const body = { language: this.language, reviewed: this.state !== "reviewed", seen: this.seen };
        const sheet = await call("POST", `topics/${page.sheet.id}/review`, body);
        this.put(sheet, true);
        this.saved(sheet, this);
      },
      this.part("fault"),
      (refusal) => this.refused(refusal),
    );
    if (isDone) tell(this.part("outcome"), say("saved"));
  }

  async refused({ code, details }) {
    for (const { field, text } of details.fields ?? []) {
      const { part, control } = this.fields[field] ?? {};
      if (!part) continue;
      const line = element("li", "grave");
      line.append(element("strong", "", `${say("grave")}: `), text);
      part("faults").replaceChildren(line);
      control.setAttribute("aria-invalid", "true");
    }
    this.node.querySelector('[aria-invalid="true"]')?.focus();
    if (code === "changed_meanwhile") await this.showConflict();
  }

  /** What somebody else has made of these texts meanwhile, beside what is in the fields. Nothing is lost. */
  async showConflict() {
    const theirs = await call("GET", `topics/${page.sheet.id}`);
    this.theirs = theirs;
    const texts = theirs.texts[this.language];
    const differing = PARTS.filter((name) => texts[name].text !== this.fields[name].control.value);
    this.part("conflict-texts").replaceChildren(
      ...differing.flatMap((name) => {
        const text = element("p", "theirs", texts[name].text);
        text.lang = this.language;
        return [element("h4", "", `${say(name)}, ${say("theirs")}`), text];
      }),
    );
    const [last] = theirs.history;
    tell(this.part("conflict-by"), last ? say("by", { name: last.who, time: last.at, what: last.what }) : "");
    this.part("conflict").hidden = false;
    this.part("conflict").focus();
  }

  async keepMine() {
    this.seen = this.theirs.seen[this.language];
    await this.save();
  }

  takeTheirs() {
    this.part("conflict").hidden = true;
    tell(this.part("fault"), "");
    this.put(this.theirs, true);
    this.saved(this.theirs, this);
    this.fields.title.control.focus();
  }
}

function showState(place, state) {
  place.className = `state is-${state}`;
  place.textContent = say(`state_${state}`);
  place.hidden = state === "source";
}

function changeNode([kind, text]) {
  return kind === "same" ? document.createTextNode(text) : element(kind === "gone" ? "del" : "ins", "", text);
}
