"""A linear text classifier with calibrated probabilities, kept as plain arrays (no pickle)."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

#: Share of the texts on which the probabilities are calibrated, by a machine that learns from the others.
_HELD_OUT = 0.5
#: Used where a class has too few examples to hold some out.
_UNCALIBRATED = 0.25
#: How exactly the machines are fitted; a finer fit takes twice as long and measures the same.
_TOLERANCE = 0.2

#: Weights need no more than three digits, and there are some fifty million of them.
_STORED = np.float16

#: The views of one text that groups of features read, for example its words and its lemmas.
Views = Sequence[str]


@dataclass(frozen=True)
class Features:
    """One group of tf-idf features: word or character n-grams of a range of lengths, of one view of the text."""

    analyzer: Literal["word", "char_wb"]
    lengths: tuple[int, int]
    min_df: int = 1
    view: int = 0

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
        features: Sequence[Features],
        vectorizers: list[TfidfVectorizer],
        classes: NDArray[Any],
        weights: NDArray[np.float16],
        bias: NDArray[np.float32],
        temperature: float,
    ) -> None:
        """``weights`` has a row for each feature and a column for each class."""
        self._features = features
        self._vectorizers = vectorizers
        self._analyzers = [vectorizer.build_analyzer() for vectorizer in vectorizers]
        # The vectorizers compute theirs anew each time they are asked.
        self._idf = [np.asarray(vectorizer.idf_, dtype=np.float32) for vectorizer in vectorizers]
        self.classes = classes
        self._weights = weights
        self._bias = bias
        self._temperature = temperature

    @classmethod
    def train(
        cls, texts: Sequence[Views], labels: Sequence[str], features: Sequence[Features], cost: float
    ) -> LinearClassifier:
        """Learn from texts and labels; the temperature is fitted on texts held out."""
        return cls.train_with_check(texts, labels, features, cost).classifier

    @classmethod
    def train_with_check(
        cls, texts: Sequence[Views], labels: Sequence[str], features: Sequence[Features], cost: float
    ) -> Training:
        """Learn from texts and labels, and keep what tells how sure the classifier is of texts it never saw."""
        vectorizers = [group.vectorizer() for group in features]
        matrix = hstack(
            [
                vectorizer.fit_transform([views[group.view] for views in texts])
                for group, vectorizer in zip(features, vectorizers)
            ]
        ).tocsr()
        gold = np.asarray(labels)
        seen, unseen = _split(gold)
        check = cls._fit(features, vectorizers, matrix[seen], gold[seen], cost, _UNCALIBRATED)
        temperature = _UNCALIBRATED
        if len(unseen):
            scores = check._scores(matrix[unseen])
            temperature = _fit_temperature(scores, np.searchsorted(check.classes, gold[unseen]))
            check._temperature = temperature
        whole = cls._fit(features, vectorizers, matrix, gold, cost, temperature) if len(unseen) else check
        return Training(whole, check, [int(row) for row in unseen], matrix)

    @classmethod
    def _fit(
        cls,
        features: Sequence[Features],
        vectorizers: list[TfidfVectorizer],
        matrix: csr_matrix,
        gold: NDArray[Any],
        cost: float,
        temperature: float,
    ) -> LinearClassifier:
        classes = np.unique(gold)
        matrix = matrix.astype(np.float64)
        # Two threads share the matrix: neither may have to put it in order first.
        matrix.sum_duplicates()
        parts = [classes[::2], classes[1::2]] if len(classes) > 2 else [classes[:1]]
        with ThreadPoolExecutor(len(parts)) as pool:
            fitted = list(pool.map(lambda part: _separate(matrix, gold, part, cost), parts))
        weights = np.vstack([rows for rows, _ in fitted])
        bias = np.concatenate([values for _, values in fitted])
        if len(classes) == 2:
            weights, bias = np.vstack([weights, -weights]), np.concatenate([bias, -bias])
        else:
            order = np.argsort(np.concatenate(parts), kind="stable")
            weights, bias = weights[order], bias[order]
        return cls(features, vectorizers, classes, weights.T.astype(_STORED), bias.astype(np.float32), temperature)

    def with_labels(self, matrix: csr_matrix, labels: Sequence[str], cost: float) -> LinearClassifier:
        """Another classifier on the same features: the texts of ``matrix`` with other labels, on our scale."""
        return self._fit(self._features, self._vectorizers, matrix, np.asarray(labels), cost, self._temperature)

    def probabilities(self, text: Views) -> NDArray[np.float64]:
        """The probability of each of ``classes``."""
        columns, values = self._row(text)
        scores = values @ self._weights[columns].astype(np.float32) + self._bias
        probabilities: NDArray[np.float64] = _softmax(scores[np.newaxis, :] / self._temperature)[0]
        return probabilities

    def _row(self, text: Views) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Columns and tf-idf values of one text: what the vectorizers compute, without their cost for matrices."""
        all_columns, all_values, start = [], [], 0
        for group, vectorizer, analyze, idf in zip(self._features, self._vectorizers, self._analyzers, self._idf):
            vocabulary = vectorizer.vocabulary_
            counts = Counter(vocabulary[term] for term in analyze(text[group.view]) if term in vocabulary)
            columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
            values = np.fromiter(counts.values(), dtype=np.float32, count=len(counts))
            values = (1 + np.log(values)) * idf[columns]
            all_columns.append(columns + start)
            all_values.append(values / max(float(np.linalg.norm(values)), 1e-9))
            start += len(vocabulary)
        return np.concatenate(all_columns), np.concatenate(all_values).astype(np.float32)

    def all_probabilities(self, texts: Sequence[Views]) -> NDArray[np.float64]:
        """The probabilities of many texts at once, a row each."""
        return _softmax(self._scores(self._matrix(texts)) / self._temperature)

    def _matrix(self, texts: Sequence[Views]) -> csr_matrix:
        groups = zip(self._features, self._vectorizers)
        return hstack([one.transform([views[group.view] for views in texts]) for group, one in groups]).tocsr()

    def evidence(self, text: Views, class_index: int) -> list[tuple[str, float]]:
        """What in a text speaks for a class, and how much: (n-gram, part of the score), strongest first."""
        columns, values = self._row(text)
        names = np.concatenate([vectorizer.get_feature_names_out() for vectorizer in self._vectorizers])
        parts = values * self._weights[columns, class_index].astype(np.float32)
        return sorted(zip(names[columns], map(float, parts)), key=lambda part: -abs(part[1]))

    def has_word(self, word: str) -> bool:
        """Whether a single word is among the word features."""
        return any(word in one.vocabulary_ for one in self._vectorizers if one.analyzer == "word")

    def machine_arrays(self) -> dict[str, NDArray[Any]]:
        """The classifier without its features, as plain arrays."""
        return {
            "classes": self.classes.astype(str),
            "weights": self._weights,
            "bias": self._bias,
            "temperature": np.array(self._temperature),
        }

    def with_machine(self, arrays: Mapping[str, NDArray[Any]]) -> LinearClassifier:
        """The classifier in ``machine_arrays``, on our features."""
        return LinearClassifier(
            self._features, self._vectorizers,
            arrays["classes"], arrays["weights"], arrays["bias"], float(arrays["temperature"]),
        )  # fmt: skip

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole classifier as plain arrays."""
        arrays = self.machine_arrays()
        for index, vectorizer in enumerate(self._vectorizers):
            terms = sorted(vectorizer.vocabulary_, key=vectorizer.vocabulary_.__getitem__)
            arrays[f"terms{index}"] = np.frombuffer("\0".join(terms).encode(), dtype=np.uint8)
            arrays[f"idf{index}"] = self._idf[index]
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], features: Sequence[Features]) -> LinearClassifier:
        """The classifier in ``arrays``, made with the same ``features``."""
        vectorizers = []
        for index, group in enumerate(features):
            vectorizer = group.vectorizer(arrays[f"terms{index}"].tobytes().decode().split("\0"))
            vectorizer.idf_ = arrays[f"idf{index}"]
            vectorizers.append(vectorizer)
        return cls(
            features, vectorizers, arrays["classes"], arrays["weights"], arrays["bias"], float(arrays["temperature"])
        )

    def _scores(self, matrix: csr_matrix) -> NDArray[np.float64]:
        return np.asarray(matrix @ self._weights.astype(np.float32) + self._bias, dtype=np.float64)


@dataclass(frozen=True)
class Training:
    """A trained classifier with what it was trained on.

    ``check`` has not seen the texts that stand at ``unseen``; ``matrix`` has the features of all texts, a row each.
    """

    classifier: LinearClassifier
    check: LinearClassifier
    unseen: list[int]
    matrix: csr_matrix


def dump_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as an npz archive, compressed a little: enough, and quick, also for Rasa to pack once more."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(array), allow_pickle=False)  # type: ignore[no-untyped-call]
    return buffer.getvalue()


def load_arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of an npz archive; nothing in it can run code."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def under(part: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The arrays of one part of a model, whose names begin with ``<part>.``, without that."""
    return {name[len(part) + 1 :]: array for name, array in arrays.items() if name.startswith(f"{part}.")}


def _split(gold: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and rows to calibrate on; none of the latter where a class is too small."""
    rows = np.arange(len(gold))
    if min(np.unique(gold, return_counts=True)[1]) < 2 / _HELD_OUT:
        return rows, rows[:0]
    seen, unseen = train_test_split(rows, test_size=_HELD_OUT, stratify=gold, random_state=0)
    return seen, unseen


def _separate(
    matrix: csr_matrix, gold: NDArray[Any], classes: NDArray[Any], cost: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A machine for each of some classes, against all other rows: weights and bias, a row each."""
    labels = np.where(np.isin(gold, classes), np.searchsorted(classes, gold), -1)
    machine = LinearSVC(C=cost, tol=_TOLERANCE).fit(matrix, labels)
    if len(machine.classes_) == 2:
        # One machine for the higher label, which is the class.
        return machine.coef_, machine.intercept_
    return machine.coef_[machine.classes_ >= 0], machine.intercept_[machine.classes_ >= 0]


def _fit_temperature(scores: NDArray[np.float64], right: NDArray[np.int64]) -> float:
    """The temperature with the least log loss (a search along a line; the loss has one minimum)."""
    rows = np.arange(len(right))
    grid = np.geomspace(0.02, 1.0, 40)
    losses = [-np.log(np.maximum(_softmax(scores / step)[rows, right], 1e-12)).mean() for step in grid]
    return float(grid[int(np.argmin(losses))])


def _softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)
