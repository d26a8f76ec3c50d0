"""How a linear classifier learns (scikit-learn); reading with it is in ``linear.py``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import train_test_split
from sklearn.svm import LinearSVC

from bot.understanding.linear import Features, LinearClassifier, Views, Vocabulary, softmax

#: Share of the texts on which the probabilities are calibrated, by a machine that learns from the others.
_HELD_OUT = 0.5
#: Used where a class has too few examples to hold some out.
_UNCALIBRATED = 0.25
#: How exactly the machines are fitted; a finer fit takes twice as long and measures the same.
_TOLERANCE = 0.2

#: From so many texts on, two processes share the work.
_MANY = 5000

#: Weights need no more than three digits, and there are some fifty million of them.
_STORED = np.float16


@dataclass(frozen=True)
class Training:
    """A trained classifier with what it was trained on.

    ``check`` has not seen the texts that stand at ``unseen``; ``matrix`` has the features of all texts, a row each.
    """

    classifier: LinearClassifier
    check: LinearClassifier
    unseen: list[int]
    matrix: csr_matrix


def train(texts: Sequence[Views], labels: Sequence[str], features: Sequence[Features], cost: float) -> LinearClassifier:
    """Learn from texts and labels; the temperature is fitted on texts held out."""
    return train_with_check(texts, labels, features, cost).classifier


def train_with_check(
    texts: Sequence[Views], labels: Sequence[str], features: Sequence[Features], cost: float
) -> Training:
    """Learn from texts and labels, and keep what tells how sure the classifier is of texts it never saw."""
    vectorizers = [_vectorizer(group) for group in features]
    matrix = hstack(
        [
            vectorizer.fit_transform([views[group.view] for views in texts])
            for group, vectorizer in zip(features, vectorizers)
        ]
    ).tocsr()
    vocabularies = [
        Vocabulary({term: int(column) for term, column in one.vocabulary_.items()}, one.idf_.astype(np.float32))
        for one in vectorizers
    ]
    gold = np.asarray(labels)
    seen, unseen = _split(gold)
    check = _fit(features, vocabularies, matrix[seen], gold[seen], cost, _UNCALIBRATED)
    temperature = _UNCALIBRATED
    if len(unseen):
        temperature = _fit_temperature(check.scores(matrix[unseen]), np.searchsorted(check.classes, gold[unseen]))
        check.temperature = temperature
    whole = _fit(features, vocabularies, matrix, gold, cost, temperature) if len(unseen) else check
    return Training(whole, check, [int(row) for row in unseen], matrix)


def with_labels(
    classifier: LinearClassifier, matrix: csr_matrix, labels: Sequence[str], cost: float
) -> LinearClassifier:
    """Another classifier on the same features: the texts of ``matrix`` with other labels, on the same scale."""
    return _fit(classifier.features, classifier.vocabularies, matrix, np.asarray(labels), cost, classifier.temperature)


def _vectorizer(group: Features) -> TfidfVectorizer:
    return TfidfVectorizer(analyzer=group.ngrams, min_df=group.min_df, sublinear_tf=True, dtype=np.float32)


def _fit(
    features: Sequence[Features],
    vocabularies: Sequence[Vocabulary],
    matrix: csr_matrix,
    gold: NDArray[Any],
    cost: float,
    temperature: float,
) -> LinearClassifier:
    classes = np.unique(gold)
    parts = [classes[::2], classes[1::2]] if len(classes) > 2 else [classes[:1]]
    # What processes share cannot be put in order by them.
    matrix.sum_duplicates()
    # Processes, not threads: those would draw from one row of random numbers, and no two trainings would be alike.
    fitted = Parallel(n_jobs=2 if matrix.shape[0] >= _MANY else 1)(
        delayed(_separate)(matrix, gold, part, cost) for part in parts
    )
    weights = np.vstack([rows for rows, _ in fitted])
    bias = np.concatenate([values for _, values in fitted])
    if len(classes) == 2:
        weights, bias = np.vstack([weights, -weights]), np.concatenate([bias, -bias])
    else:
        order = np.argsort(np.concatenate(parts), kind="stable")
        weights, bias = weights[order], bias[order]
    return LinearClassifier(
        features, vocabularies, classes, np.ascontiguousarray(weights.T), bias.astype(np.float32), temperature
    )


def _split(gold: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows to learn from and rows to calibrate on; none of the latter where a class is too small."""
    rows = np.arange(len(gold))
    if min(np.unique(gold, return_counts=True)[1]) < 2 / _HELD_OUT:
        return rows, rows[:0]
    seen, unseen = train_test_split(rows, test_size=_HELD_OUT, stratify=gold, random_state=0)
    return seen, unseen


def _separate(
    matrix: csr_matrix, gold: NDArray[Any], classes: NDArray[Any], cost: float
) -> tuple[NDArray[np.float16], NDArray[np.float64]]:
    """A machine for each of some classes, against all other rows: weights and bias, a row each."""
    labels = np.where(np.isin(gold, classes), np.searchsorted(classes, gold), -1)
    machine = LinearSVC(C=cost, tol=_TOLERANCE, random_state=0).fit(matrix.astype(np.float64), labels)
    if len(machine.classes_) == 2:
        # One machine for the higher label, which is the class.
        return machine.coef_.astype(_STORED), machine.intercept_
    ours = machine.classes_ >= 0
    return machine.coef_[ours].astype(_STORED), machine.intercept_[ours]


def _fit_temperature(scores: NDArray[np.float64], right: NDArray[np.int64]) -> float:
    """The temperature with the least log loss (a search along a line; the loss has one minimum)."""
    rows = np.arange(len(right))
    grid = np.geomspace(0.02, 1.0, 40)
    losses = [-np.log(np.maximum(softmax(scores / step)[rows, right], 1e-12)).mean() for step in grid]
    return float(grid[int(np.argmin(losses))])
