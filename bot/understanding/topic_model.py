"""Which topic a message is about: a linear model on words and character n-grams of all five languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bot.understanding.linear import Features, LinearClassifier
from bot.understanding.normalising import skeleton
from bot.understanding.tokenizing import tokens

Decision = Literal["answer", "ask", "out_of_scope"]
Ranking = list[tuple[str, float]]

_FEATURES = (Features("word", (1, 2)), Features("char_wb", (2, 5), min_df=2))
_COST = 0.5


@dataclass(frozen=True)
class Thresholds:
    """From which probability a topic is answered, and out of scope said outright; below it we ask back."""

    answer: float
    out_of_scope: float


class TopicModel:
    """Ranks intents for a text with calibrated probabilities."""

    def __init__(self, classifier: LinearClassifier) -> None:
        self._classifier = classifier

    @classmethod
    def train(cls, texts: Sequence[str], languages: Sequence[str], intents: Sequence[str]) -> TopicModel:
        """Learn from messages, their languages and their intents."""
        prepared = [_prepare(text, language) for text, language in zip(texts, languages)]
        return cls(LinearClassifier.train(prepared, intents, _FEATURES, _COST))

    @classmethod
    def load(cls, data: bytes) -> TopicModel:
        return cls(LinearClassifier.load(data, _FEATURES))

    def dump(self) -> bytes:
        return self._classifier.dump(_FEATURES)

    def rank(self, text: str, language: str) -> Ranking:
        """(intent, probability) of every intent, most likely first. ``language`` only picks the tokenizer."""
        probabilities = self._classifier.probabilities(_prepare(text, language))
        order = np.argsort(-probabilities)
        return [(str(self._classifier.classes[index]), float(probabilities[index])) for index in order]


def _prepare(text: str, language: str) -> str:
    """The skeletons of a text's tokens, as the model's features see them."""
    return " ".join(filter(None, (skeleton(token) for token, _ in tokens(text, language))))


def decide(ranking: Ranking, thresholds: Thresholds, out_of_scope: str) -> Decision:
    """Whether the best intent is sure enough to answer, to say "out of scope", or only to ask back."""
    intent, probability = ranking[0]
    if intent == out_of_scope:
        return "out_of_scope" if probability >= thresholds.out_of_scope else "ask"
    return "answer" if probability >= thresholds.answer else "ask"
