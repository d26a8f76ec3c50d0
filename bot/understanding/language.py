"""Which of the five languages a message is in, and in which one the conversation goes on."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

from bot.languages import LANGUAGES
from bot.understanding.lexicon import LanguageLexicon
from bot.understanding.linear import Features, LinearClassifier, dump_arrays, load_arrays
from bot.understanding.normalising import fold

_FEATURES = (Features("char_wb", (1, 4), min_df=3), Features("word", (1, 1), min_df=2))
_COST = 1.0
#: From so many messages of a language on, more of them teach nothing about the language.
_MESSAGES_EACH = 3500
_NOT_LETTERS = re.compile(r"[^\w\s]+")

#: How Bulgarians type Cyrillic letters on a Latin keyboard, beside the official way.
_LATIN_HABITS: tuple[dict[str, str], ...] = (
    {"ч": "4", "ш": "6", "щ": "6t", "я": "q", "ъ": "y", "в": "v", "ж": "j", "ц": "c", "й": "i", "ю": "iu", "х": "h"},
    {
        "ч": "ch",
        "ш": "sh",
        "щ": "sht",
        "я": "ia",
        "ъ": "u",
        "в": "w",
        "ж": "zh",
        "ц": "c",
        "й": "j",
        "ю": "ju",
        "х": "x",
    },
    {
        "ч": "4",
        "ш": "sh",
        "щ": "sht",
        "я": "ya",
        "ъ": "a",
        "в": "v",
        "ж": "j",
        "ц": "ts",
        "й": "y",
        "ю": "yu",
        "х": "h",
    },
)

#: Chance that the next message is in the language of the conversation, before it is read.
_STAYS = 0.9
#: The same for the language the channel or browser suggests, while nothing else is known.
_HINTED = 0.4
#: Telling words that we know from which on the message alone decides; nonsense is no evidence.
_FULL_EVIDENCE = 3


def without_marks(text: str) -> str:
    """Text as typed without diacritics; other scripts stay."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return plain.replace("ł", "l").replace("Ł", "L")


def latin_spellings(text: str) -> list[str]:
    """A Cyrillic text as Bulgarians type it in Latin letters, one spelling for each habit."""
    lowered = text.lower()
    return [fold("".join(habit.get(letter, letter) for letter in lowered)) for habit in _LATIN_HABITS]


class LanguageModel:
    """A linear model on character n-grams, trained on our own training messages."""

    def __init__(self, classifier: LinearClassifier) -> None:
        self._classifier = classifier

    @classmethod
    def train(cls, texts: Sequence[str], languages: Sequence[str]) -> LanguageModel:
        """Learn from messages and their language codes, also without diacritics and in Latin letters."""
        rows: list[tuple[str, str]] = []
        for text, language in _thinned(texts, languages):
            variants = {text, without_marks(text)}
            if language == "bg" and text != fold(text):
                variants.update(latin_spellings(text))
            rows += [(_prepare(variant), language) for variant in sorted(variants)]
        # Imported here: who only reads with a model needs no scikit-learn.
        from bot.understanding.learning import train

        return cls(train([(text,) for text, _ in rows], [code for _, code in rows], _FEATURES, _COST))

    @classmethod
    def load(cls, data: bytes) -> LanguageModel:
        return cls(LinearClassifier.from_arrays(load_arrays(data), _FEATURES))

    def dump(self) -> bytes:
        return dump_arrays(self._classifier.arrays())

    def probabilities(self, text: str) -> dict[str, float]:
        """How likely each of the five languages is, from this text alone; sums to 1."""
        found = dict(zip(map(str, self._classifier.classes), self._classifier.probabilities((_prepare(text),))))
        return {language: float(found.get(language, 0.0)) for language in LANGUAGES}

    def known_words(self, text: str) -> int:
        """How many words of a text occur in the training messages of any language."""
        return sum(self._classifier.has_word(word) for word in _prepare(text).split())

    def identify(self, text: str) -> str:
        """The most likely language of a text alone."""
        probabilities = self.probabilities(text)
        return max(probabilities, key=lambda language: probabilities[language])


def conversation_language(
    model: LanguageModel,
    lexicon: LanguageLexicon,
    text: str,
    *,
    current: str | None = None,
    hint: str | None = None,
    choice: str | None = None,
) -> str:
    """The language to answer a message in.

    An explicit ``choice`` always wins. Otherwise the message's own evidence, which weighs less the fewer telling
    words it has, is joined to what is known: the conversation's ``current`` language, else the channel's ``hint``.
    Dutch jargon says nothing about the speaker: "Vakantiegeld?" from a Polish speaker stays Polish.
    """
    if choice is not None:
        return choice
    known = current or hint
    telling = lexicon.without_jargon(text)
    letters = [char for char in telling if char.isalpha()]
    if known is not None and len(letters) < 2:
        return known
    evidence = model.probabilities(telling if letters else text)
    # Of our languages only Bulgarian uses Cyrillic: one word of it is enough.
    cyrillic = any("\u0400" <= char <= "\u04ff" for char in letters)
    weight = 1.0 if cyrillic else min(1.0, (0.5 + model.known_words(telling)) / _FULL_EVIDENCE)
    stays = _STAYS if current is not None else _HINTED
    scores = {
        language: weight * math.log(max(evidence[language], 1e-4)) + math.log(_prior(language, known, stays))
        for language in LANGUAGES
    }
    return max(scores, key=lambda language: scores[language])


def _thinned(texts: Sequence[str], languages: Sequence[str]) -> list[tuple[str, str]]:
    """An even share of each language's messages, all of them where there are few."""
    chosen: list[tuple[str, str]] = []
    for language in sorted(set(languages)):
        own = [text for text, code in zip(texts, languages) if code == language]
        chosen += [(text, language) for text in own[:: max(1, len(own) // _MESSAGES_EACH)]]
    return chosen


def _prepare(text: str) -> str:
    return _NOT_LETTERS.sub(" ", text.lower())


def _prior(language: str, known: str | None, stays: float) -> float:
    if known is None:
        return 1 / len(LANGUAGES)
    return stays if language == known else (1 - stays) / (len(LANGUAGES) - 1)
