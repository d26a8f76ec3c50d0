// Reads messages aloud, with voices on this device only: others would send the text to a third party.

const speech = window.speechSynthesis;
let reading = null;

function voiceFor(language) {
  const voices = speech ? speech.getVoices() : [];
  return voices.find((voice) => voice.localService && voice.lang.replace("_", "-").split("-")[0].toLowerCase() === language);
}

export const canRead = (language) => Boolean(voiceFor(language));

/** Browsers load their voices late. */
export function onVoices(changed) {
  if (speech && speech.addEventListener) speech.addEventListener("voiceschanged", changed);
}

/** Reads a text; `ended` is called when it is over or stopped. A second call for the same text stops it. */
export function readAloud(text, language, ended) {
  const before = reading;
  stopReading();
  if (before && before.text === text) return;
  const mine = { text, ended };
  reading = mine;
  const end = () => reading === mine && stopReading();
  // Paragraph by paragraph: some browsers stop in the middle of a long text. Addresses are no words.
  const parts = text.replace(/\(?https:\/\/[^\s)]+\)?/g, "").split(/\n+/).filter((part) => part.trim());
  parts.forEach((part, index) => {
    const utterance = new SpeechSynthesisUtterance(part);
    utterance.voice = voiceFor(language);
    utterance.lang = language;
    utterance.onerror = end;
    if (index === parts.length - 1) utterance.onend = end;
    speech.speak(utterance);
  });
}

export function stopReading() {
  const stopped = reading;
  reading = null;
  if (!stopped) return;
  speech.cancel();
  stopped.ended();
}
