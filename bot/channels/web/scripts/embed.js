// Inside another site: talks with the loader on the page around us, and with nobody else.

const allowed = document.body.dataset.hosts.split(" ").filter(Boolean);
let host = null;

/** Whether a page we trust is around us. */
export const isEmbedded = () => host !== null;

export function tellHost(word) {
  if (host) window.parent.postMessage({ wegwijzer: word }, host);
}

/** Calls `heard` with each word of the loader: hello, open, leave. Its first one must come from an allowed origin. */
export function onHost(heard) {
  if (window.parent === window) return;
  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !allowed.includes(event.origin) || !event.data) return;
    const word = event.data.wegwijzer;
    if (word === "hello") host = event.origin;
    if (event.origin === host && typeof word === "string") heard(word);
  });
}
