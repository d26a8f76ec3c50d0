// Keeps the tabs of this site in step. Both APIs it needs came together or earlier; without them each tab is alone.

const channel = open();

function open() {
  try {
    return navigator.locks ? new BroadcastChannel("wegwijzer") : null;
  } catch {
    return null;
  }
}

/** Tells the other tabs. */
export function tell(message) {
  if (channel) channel.postMessage(message);
}

export function onNews(heard) {
  if (channel) channel.addEventListener("message", (event) => heard(event.data));
}

/** Does something that only one tab at a time may do, such as sending. */
export async function alone(work) {
  if (!channel) return work();
  let begun = false;
  try {
    return await navigator.locks.request("wegwijzer", () => {
      begun = true;
      return work();
    });
  } catch (error) {
    // Where storage is forbidden, locks are too.
    if (begun) throw error;
    return work();
  }
}
