"""A linear text classifier with calibrated probabilities, kept as plain arrays (no pickle)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

#: Share of the texts on which the probabilities are calibrated.
_HELD_OUT = 0.2
#: Used where a class has too few examples to hold some out.
_UNCALIBRATED = 0.25


@dataclass(frozen=True)
class Features:
    """One group of tf-idf features: word or character n-grams of a range of lengths."""

    analyzer: Literal["word", "char_wb"]
    lengths: tuple[int, int]
    min_df: int = 1

    def vectorizer(self, vocabulary: Sequence[str] | None = None) -> TfidfVectorizer:
        return TfidfVectorizer(
            analyzer=self.analyzer,
            ngram_range=self.lengths,
            min_df=self.min_df if vocabulary is None else 1,
            vocabulary=None if vocabulary is None else {term: index for index, term in enumerate(vocabulary)},
            token_pattern=r"\S+" if self.analyzer == "word" else None,
            lowercase=False,
            sublinear_tf=True,
            dtype=np.float32,
        )


class LinearClassifier:
    """One-against-rest support vector machines on tf-idf features; a softmax with a fitted temperature on top."""

    def __init__(
        self,
        vectorizers: list[TfidfVectorizer],
        classes: NDArray[Any],
        weights: NDArray[np.float32],
        bias: NDArray[np.float32],
        temperature: float,
    ) -> None:
        """``weights`` has a row for each feature and a column for each class."""
        self._vectorizers = vectorizers
        self.classes = classes
        self._weights = weights
        self._bias = bias
        self._temperature = temperature

    @classmethod
    def train(
        cls, texts: Sequence[str], labels: Sequence[str], features: Sequence[Features], cost: float
    ) -> LinearClassifier:
        """Learn from texts and labels; the temperature is fitted on texts held out."""
        vectorizers = [group.vectorizer() for group in features]
        matrix = hstack([vectorizer.fit_transform(texts) for vectorizer in vectorizers]).tocsr()
        gold = np.asarray(labels)
        temperature = _held_out_temperature(matrix, gold, cost)
        machine = LinearSVC(C=cost).fit(matrix, gold)
        weights, bias = machine.coef_, machine.intercept_
        if len(machine.classes_) == 2:
            weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
        return cls(vectorizers, machine.classes_, weights.T.astype(np.float32), bias.astype(np.float32), temperature)

    def probabilities(self, text: str) -> NDArray[np.float64]:
        """The probability of each of ``classes``."""
        row = hstack([vectorizer.transform([text]) for vectorizer in self._vectorizers]).tocsr()
        scores = row.data @ self._weights[row.indices] + self._bias
        probabilities: NDArray[np.float64] = _softmax(scores[np.newaxis, :] / self._temperature)[0]
        return probabilities

    def has_word(self, word: str) -> bool:
        """Whether a single word is among the word features."""
        return any(word in one.vocabulary_ for one in self._vectorizers if one.analyzer == "word")

    def dump(self, features: Sequence[Features]) -> bytes:
        """The model as a compressed npz archive."""
        arrays: dict[str, NDArray[Any]] = {
            "classes": self.classes.astype(str),
            "weights": self._weights,
            "bias": self._bias,
            "temperature": np.array(self._temperature),
        }
        for index, vectorizer in enumerate(self._vectorizers):
            terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            arrays[f"terms{index}"] = np.frombuffer("\0".join(terms).encode(), dtype=np.uint8)
            arrays[f"idf{index}"] = vectorizer.idf_
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def load(cls, data: bytes, features: Sequence[Features]) -> LinearClassifier:
        """The model in ``data``, made with the same ``features``."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            vectorizers = []
            for index, group in enumerate(features):
                vectorizer = group.vectorizer(arrays[f"terms{index}"].tobytes().decode().split("\0"))
                vectorizer.idf_ = arrays[f"idf{index}"]
                vectorizers.append(vectorizer)
            return cls(vectorizers, arrays["classes"], arrays["weights"], arrays["bias"], float(arrays["temperature"]))


def _held_out_temperature(matrix: csr_matrix, gold: NDArray[Any], cost: float) -> float:
    """The temperature for texts that a machine has not seen."""
    if min(np.unique(gold, return_counts=True)[1]) < 2 / _HELD_OUT:
        return _UNCALIBRATED
    train, test = train_test_split(np.arange(len(gold)), test_size=_HELD_OUT, stratify=gold, random_state=0)
    machine = LinearSVC(C=cost).fit(matrix[train], gold[train])
    scores = machine.decision_function(matrix[test])
    if scores.ndim == 1:
        scores = np.column_stack([-scores, scores])
    return _fit_temperature(scores, np.searchsorted(machine.classes_, gold[test]))


def _fit_temperature(scores: NDArray[np.float64], right: NDArray[np.int64]) -> float:
    """The temperature with the least log loss (a search along a line; the loss has one minimum)."""
    rows = np.arange(len(right))
    grid = np.geomspace(0.02, 1.0, 40)
    losses = [-np.log(np.maximum(_softmax(scores / step)[rows, right], 1e-12)).mean() for step in grid]
    return float(grid[int(np.argmin(losses))])


def _softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)
