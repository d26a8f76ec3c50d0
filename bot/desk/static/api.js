// How pages of the desk ask the desk's API.

const token = document.querySelector('meta[name="csrf-token"]');

/** An answer other than success: `code` is stable, the message is in the language of the page; `details` is all of it. */
export class Refusal extends Error {
  constructor(status, code, message, details = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

let signedOut = () => {
  location.assign("/desk/login");
  return new Promise(() => {});
};

/** Seconds after which there will be no answer any more. */
const PATIENCE = 30;

/** Have something else done about that, where a page holds what must not be lost. */
export const whenSignedOut = (act) => (signedOut = act);

/**
 * Call `/desk/api/<path>`; what it answers, or null where it answers nothing.
 * Who is not logged in any more is sent to the log-in page. `more` are headers.
 * @throws {Refusal} the desk refuses
 * @throws {Error} the desk cannot be reached, or does not answer in time
 */
export function call(method, path, body, more = {}) {
  const headers = body === undefined ? more : { "Content-Type": "application/json", ...more };
  return send(method, path, headers, body && JSON.stringify(body));
}

/** Post a form that holds a file; see `call`. */
export const upload = (path, form) => send("POST", path, {}, form);

async function send(method, path, more, body) {
  const headers = { "X-CSRF-Token": token.content, ...more };
  const signal = AbortSignal.timeout(PATIENCE * 1000);
  const response = await fetch(`/desk/api/${path}`, { method, headers, body, signal });
  if (response.status === 401) return signedOut();
  const text = await response.text();
  const data = text ? JSON.parse(text) : null;
  if (!response.ok) throw new Refusal(response.status, data.error.code, data.error.message, data.error);
  return data;
}

/** The session has another token now. */
export function renew(csrf) {
  token.content = csrf;
}
