// Shows who to call when there is no connection. Registered by the page after the first message only.

const VERSION = {{version}};
const FILES = {{files}};
const OFFLINE = FILES[0];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(VERSION).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = (names) => Promise.all(names.filter((name) => name !== VERSION).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(old).then(() => self.clients.claim()));
});

// The network always comes first; nothing but these few files is ever kept.
self.addEventListener("fetch", (event) => {
  const path = new URL(event.request.url).pathname;
  const opening = event.request.mode === "navigate" && path === "/";
  if (!opening && !FILES.includes(path)) return;
  event.respondWith(fetch(event.request).catch(() => caches.match(opening ? OFFLINE : path)));
});
