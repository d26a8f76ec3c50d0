// Whether translations still say the same, which is asked once the English above them has been changed.

/** Watch the field of the English; `asked` is called when the questions are shown. */
export function askWhetherTranslationsFit(english, asked = () => {}) {
  const before = english.defaultValue.trim();
  english.addEventListener("input", () => {
    const questions = english.form.querySelectorAll("[data-fits]");
    if (english.value.trim() === before || !questions.length) return;
    for (const question of questions) question.hidden = false;
    asked();
  });
}
