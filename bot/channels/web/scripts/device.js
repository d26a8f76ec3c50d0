// What the browser keeps for us: a service worker with the offline page. Never before the first message.

const installed = () => window.matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
const possible = "serviceWorker" in navigator && document.body.classList.contains("page");
let registering = null;

/** Keeps the offline page, with the phone numbers, for when there is no connection. */
export function keepForOffline() {
  if (registering || !possible) return;
  registering = navigator.serviceWorker.register("/service-worker.js").catch(() => {
    registering = null;
  });
}

if (possible && installed()) keepForOffline();

/** Removes it again, except from an installed app that is not left for good: nothing then shows that somebody was here. */
export async function forgetDevice(leaving) {
  if (!leaving && installed()) return;
  await registering;
  registering = null;
  try {
    const names = await caches.keys();
    const workers = await navigator.serviceWorker.getRegistrations();
    await Promise.all([...names.map((name) => caches.delete(name)), ...workers.map((worker) => worker.unregister())]);
  } catch {
    // Without https there is nothing of the kind.
  }
}
