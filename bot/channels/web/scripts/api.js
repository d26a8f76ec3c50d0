// Calls of the web API.

import { chat } from "./state.js";

const PATIENCE = 20;

/** The server answered, and not with success. `message` is its text, for people where it says so. */
export class Refused extends Error {
  constructor(status, retryAfter, error) {
    super(error.message || "");
    this.status = status;
    this.retryAfter = retryAfter;
    this.code = error.code;
    this.urgent = error.urgent === true;
    this.language = error.language;
  }
}

export const headers = (token) => ({ "Accept-Language": chat.language, ...(token && { Authorization: "Bearer " + token }) });

export async function refusal(response) {
  let body = null;
  try {
    body = await response.json();
  } catch {
    // A proxy's error page.
  }
  return new Refused(response.status, Number(response.headers.get("Retry-After")) || 0, (body && body.error) || {});
}

/** Calls the API. Throws Refused, or another error when there was no answer in time. */
export async function call(method, path, body, token = chat.token) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), PATIENCE * 1000);
  try {
    const response = await fetch(path, {
      method,
      headers: { ...headers(token), ...(body && { "Content-Type": "application/json" }) },
      body: body && JSON.stringify(body),
      signal: control.signal,
    });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? null : await response.json();
  } finally {
    clearTimeout(timer);
  }
}

export const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

const pauses = new Set();

/** Waits, or less when the connection may be back. */
export async function pause(seconds) {
  let end;
  const ended = new Promise((done) => (end = done));
  pauses.add(end);
  await Promise.race([ended, wait(seconds)]);
  pauses.delete(end);
}

export const endPauses = () => pauses.forEach((end) => end());

/** Seconds before the next try: longer each time, and not for all phones at the same moment. */
export const backOff = (failures) => Math.min(2 ** (failures - 1), 15) * (0.6 + Math.random() * 0.8);
