// Puts the chat into another site: <script src="https://…/widget.js" data-language="pl" async></script>
// Styles go through the CSSOM and nothing is inline, so that a strict policy of the site needs only our address.
(() => {
  "use strict";

  const texts = {{texts}};
  const leaveUrl = {{leave_url}};
  const once = Symbol.for("wegwijzer.widget");
  if (window[once]) return;
  window[once] = true;

  const script = document.currentScript || document.querySelector('script[src*="/widget.js"]');
  const origin = new URL(script.src).origin;
  const wanted = [script.dataset.language, document.documentElement.lang, ...(navigator.languages || [])];
  const language = wanted.map((tag) => (tag || "").split("-")[0].toLowerCase()).find((code) => texts[code]) || "en";
  const say = texts[language];
  const address = origin + "/widget?language=" + language;

  const host = document.createElement("wegwijzer-widget");
  const root = host.attachShadow({ mode: "closed" });
  const launcher = make("button", "launcher", { type: "button", id: "launcher", "aria-expanded": "false", "aria-controls": "panel" });
  const panel = make("div", "panel", { id: "panel", role: "dialog", "aria-label": say.title, hidden: "" });
  launcher.textContent = say.open;
  root.append(panel, launcher);
  host.lang = language;

  let frame = null;
  let ready = false;
  let blocked = false;
  let left = false;
  let wasScrolling = "";

  function make(kind, name, attributes) {
    const node = document.createElement(kind);
    node.className = name;
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  }

  // ---- looks -----------------------------------------------------------------------------------------------------

  const font = "font: 600 16px/1.25 system-ui, 'Segoe UI', Roboto, sans-serif; ";
  const looks = {
    launcher:
      "position: fixed; right: 16px; bottom: 16px; z-index: 2147483000; min-height: 52px; max-width: calc(100vw - 32px); padding: 8px 22px; " +
      "border: 2px solid #fff; border-radius: 26px; background: #14532d; color: #fff; cursor: pointer; box-shadow: 0 2px 12px rgba(0, 0, 0, .35); " + font,
    panel:
      "position: fixed; right: 16px; bottom: 80px; z-index: 2147483001; width: 400px; height: min(680px, calc(100vh - 96px)); overflow: hidden; " +
      "border: 1px solid #8a938d; border-radius: 16px; background: #f4f5f1; color: #18211b; box-shadow: 0 6px 32px rgba(0, 0, 0, .35);",
    frame: "display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark;",
    blocked: "box-sizing: border-box; height: 100%; padding: 24px; overflow: auto; background: #f4f5f1; " + font,
    link: "display: flex; align-items: center; min-height: 44px; margin: 16px 0; color: #14532d; " + font,
    close: "min-height: 44px; padding: 8px 20px; border: 2px solid #14532d; border-radius: 22px; background: #fff; color: #14532d; cursor: pointer; " + font,
  };
  const small = "(max-width: 480px), (max-height: 480px)";
  const whole = "top: 0; right: 0; bottom: 0; left: 0; width: 100%; height: 100%; border: 0; border-radius: 0;";

  function dress() {
    try {
      const sheet = new CSSStyleSheet();
      const rules = Object.entries(looks).map(([name, look]) => `.${name} { ${look} }`);
      rules.push(
        ".launcher:hover { text-decoration: underline; }",
        ":focus-visible { outline: 3px solid #14532d; outline-offset: 3px; }",
        ".launcher:focus-visible { outline-color: #fff; outline-offset: -7px; }",
        "[hidden] { display: none !important; }",
        `@media ${small} { .panel { ${whole} } }`,
      );
      sheet.replaceSync(rules.join("\n"));
      root.adoptedStyleSheets = [sheet];
      return () => {};
    } catch {
      // Older browsers: each element by itself.
      const dressAll = () => {
        for (const [name, look] of Object.entries(looks)) {
          for (const node of root.querySelectorAll("." + name)) {
            node.style.cssText = look + (name === "panel" && window.matchMedia(small).matches ? whole : "");
            if (node.hidden) node.style.display = "none";
          }
        }
      };
      window.addEventListener("resize", dressAll);
      return dressAll;
    }
  }
  const dressAgain = dress();

  // ---- open and close --------------------------------------------------------------------------------------------

  function load() {
    frame = make("iframe", "frame", { title: say.title + ": " + say.open, referrerpolicy: "no-referrer", src: address });
    frame.addEventListener("load", () => {
      // The chat answers as soon as it hears us. No answer: this site may not show it.
      tell("hello");
      setTimeout(() => !ready && !left && showBlocked(), 2000);
    });
    panel.append(frame);
  }

  function open() {
    if (!frame && !blocked) load();
    panel.hidden = false;
    launcher.setAttribute("aria-expanded", "true");
    // On a phone it covers the page, which must not be reached or moved behind it.
    const alone = window.matchMedia(small).matches;
    panel.setAttribute("aria-modal", String(alone));
    wasScrolling = document.documentElement.style.overflow;
    if (alone) document.documentElement.style.overflow = "hidden";
    dressAgain();
    focusInside();
  }

  function close() {
    panel.hidden = true;
    // The next time it may work, as when there was no connection.
    if (blocked) panel.replaceChildren();
    blocked = false;
    launcher.setAttribute("aria-expanded", "false");
    document.documentElement.style.overflow = wasScrolling;
    dressAgain();
    launcher.focus();
  }

  function focusInside() {
    const link = root.querySelector(".link");
    (link || frame).focus();
    if (ready) tell("open");
  }

  function showBlocked() {
    const box = make("div", "blocked", {});
    const words = document.createElement("p");
    const link = make("a", "link", { href: origin + "/?language=" + language, target: "_blank", rel: "noopener noreferrer" });
    const shut = make("button", "close", { type: "button" });
    words.textContent = say.blocked;
    link.textContent = say.open;
    shut.textContent = say.close;
    shut.addEventListener("click", close);
    box.append(words, link, shut);
    blocked = true;
    frame.remove();
    frame = null;
    panel.append(box);
    dressAgain();
    if (!panel.hidden) focusInside();
  }

  launcher.addEventListener("click", () => (panel.hidden ? open() : close()));
  root.addEventListener("keydown", (event) => event.key === "Escape" && !panel.hidden && close());

  // ---- talk with the chat ----------------------------------------------------------------------------------------

  function tell(word) {
    frame.contentWindow.postMessage({ wegwijzer: word }, origin);
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || event.origin !== origin || !event.data) return;
    const word = event.data.wegwijzer;
    if (word === "ready") {
      ready = true;
      if (left) tell("leave");
      else if (!panel.hidden) focusInside();
    }
    if (word === "close" && !panel.hidden) close();
    if (word === "leave") {
      blank();
      go();
    }
  });

  // ---- leave quickly ---------------------------------------------------------------------------------------------

  function blank() {
    if (left) return;
    left = true;
    const cover = document.createElement("div");
    cover.setAttribute("role", "alert");
    cover.lang = language;
    cover.style.cssText = "position: fixed; top: 0; right: 0; bottom: 0; left: 0; z-index: 2147483647; padding: 32px; background: #fff; color: #000; " + font;
    document.documentElement.append(cover);
    cover.textContent = say.leaving;
    document.title = new URL(leaveUrl).hostname;
    if (document.body) document.body.style.setProperty("visibility", "hidden", "important");
  }

  const go = () => window.location.replace(leaveUrl);

  /** The chat erases itself and then answers; it may have been used on another page of this site. */
  function leave() {
    if (left) return;
    blank();
    if (blocked) return go();
    setTimeout(go, ready ? 300 : 1500);
    if (ready) tell("leave");
    else if (!frame) load();
  }

  let presses = [];
  window.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    presses = event.key === "Shift" ? [...presses.filter((time) => time > Date.now() - 5000), Date.now()] : [];
    if (presses.length >= 3) leave();
  }, true);
  window.addEventListener("pointerdown", () => (presses = []), true);
  window.addEventListener("pageshow", (event) => event.persisted && left && window.location.reload());

  // ---- begin -----------------------------------------------------------------------------------------------------

  const place = () => document.body.append(host);
  if (document.body) place();
  else document.addEventListener("DOMContentLoaded", place);
})();
