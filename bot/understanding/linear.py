"""A linear text classifier with calibrated probabilities, kept as plain arrays (no pickle).

Reading with it needs numpy alone, so that the gateway stays small; learning is in ``learning.py``.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

#: The views of one text that groups of features read, for example its words and its lemmas.
Views = Sequence[str]
#: Features of one text: columns and tf-idf values.
Row = tuple[NDArray[np.int64], NDArray[np.float32]]


@dataclass(frozen=True)
class Features:
    """One group of tf-idf features: word or character n-grams of a range of lengths, of one view of the text."""

    analyzer: Literal["word", "char_wb"]
    lengths: tuple[int, int]
    min_df: int = 1
    view: int = 0

    def ngrams(self, text: str) -> list[str]:
        """The n-grams of a text; those of characters stay within a word and its edges (scikit-learn's ``char_wb``)."""
        shortest, longest = self.lengths
        words = text.split()
        if self.analyzer == "word":
            return [
                " ".join(words[start : start + length])
                for length in range(shortest, longest + 1)
                for start in range(len(words) - length + 1)
            ]
        found = []
        for word in words:
            padded = f" {word} "
            for length in range(shortest, longest + 1):
                if length >= len(padded):
                    # A word that is shorter than the n-grams counts once, as a whole.
                    found.append(padded)
                    break
                found += [padded[start : start + length] for start in range(len(padded) - length + 1)]
        return found


@dataclass(frozen=True)
class Vocabulary:
    """The n-grams one group of features knows: the column and the idf weight of each."""

    columns: Mapping[str, int]
    idf: NDArray[np.float32]

    def terms(self) -> list[str]:
        """The n-grams in the order of their columns."""
        return sorted(self.columns, key=self.columns.__getitem__)


class LinearClassifier:
    """One-against-rest support vector machines on tf-idf features; a softmax with a fitted temperature on top."""

    def __init__(
        self,
        features: Sequence[Features],
        vocabularies: Sequence[Vocabulary],
        classes: NDArray[Any],
        weights: NDArray[np.float16],
        bias: NDArray[np.float32],
        temperature: float,
    ) -> None:
        """``weights`` has a row for each feature and a column for each class."""
        self.features = features
        self.vocabularies = vocabularies
        self.classes = classes
        self._weights = weights
        self._bias = bias
        self.temperature = temperature

    def probabilities(self, text: Views) -> NDArray[np.float64]:
        """The probability of each of ``classes``."""
        return self.row_probabilities(self.row(text))

    def row_probabilities(self, row: Row) -> NDArray[np.float64]:
        """The same for a text whose features are known already, also from a classifier on the same features."""
        columns, values = row
        scores = values @ self._weights[columns].astype(np.float32) + self._bias
        probabilities: NDArray[np.float64] = softmax(scores[np.newaxis, :] / self.temperature)[0]
        return probabilities

    def row(self, text: Views) -> Row:
        """Columns and tf-idf values (logarithmic counts, length 1 in each group) of one text."""
        all_columns, all_values, start = [], [], 0
        for group, vocabulary in zip(self.features, self.vocabularies):
            counts = Counter(map(vocabulary.columns.get, group.ngrams(text[group.view])))
            # What the vocabulary does not know.
            counts.pop(None, None)
            columns = np.array(list(counts), dtype=np.int64)
            values = np.array(list(counts.values()), dtype=np.float32)
            values = (1 + np.log(values)) * vocabulary.idf[columns]
            all_columns.append(columns + start)
            all_values.append(values / max(math.sqrt(values @ values), 1e-9))
            start += len(vocabulary.columns)
        return np.concatenate(all_columns), np.concatenate(all_values).astype(np.float32)

    def all_probabilities(self, texts: Sequence[Views]) -> NDArray[np.float64]:
        """The probabilities of many texts, a row each."""
        return np.array([self.probabilities(text) for text in texts])

    def evidence(self, text: Views, class_index: int) -> list[tuple[str, float]]:
        """What in a text speaks for a class, and how much: (n-gram, part of the score), strongest first."""
        columns, values = self.row(text)
        names = np.concatenate([np.array(vocabulary.terms(), dtype=object) for vocabulary in self.vocabularies])
        parts = values * self._weights[columns, class_index].astype(np.float32)
        return sorted(zip(names[columns], map(float, parts)), key=lambda part: -abs(part[1]))

    def has_word(self, word: str) -> bool:
        """Whether a single word is among the word features."""
        groups = zip(self.features, self.vocabularies)
        return any(word in vocabulary.columns for group, vocabulary in groups if group.analyzer == "word")

    def scores(self, matrix: Any) -> NDArray[np.float64]:
        """The scores of texts given as a sparse matrix with a row each."""
        return np.asarray(matrix @ self._weights.astype(np.float32) + self._bias, dtype=np.float64)

    def machine_arrays(self) -> dict[str, NDArray[Any]]:
        """The classifier without its features, as plain arrays."""
        return {
            "classes": self.classes.astype(str),
            "weights": self._weights,
            "bias": self._bias,
            "temperature": np.array(self.temperature),
        }

    def with_machine(self, arrays: Mapping[str, NDArray[Any]]) -> LinearClassifier:
        """The classifier in ``machine_arrays``, on our features."""
        return _with_machine(self.features, self.vocabularies, arrays)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The whole classifier as plain arrays."""
        arrays = self.machine_arrays()
        for index, vocabulary in enumerate(self.vocabularies):
            arrays[f"terms{index}"] = np.frombuffer("\0".join(vocabulary.terms()).encode(), dtype=np.uint8)
            arrays[f"idf{index}"] = vocabulary.idf
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], features: Sequence[Features]) -> LinearClassifier:
        """The classifier in ``arrays``, made with the same ``features``."""
        vocabularies = []
        for index in range(len(features)):
            terms = arrays[f"terms{index}"].tobytes().decode().split("\0")
            vocabularies.append(Vocabulary({term: column for column, term in enumerate(terms)}, arrays[f"idf{index}"]))
        return _with_machine(features, vocabularies, arrays)


def _with_machine(
    features: Sequence[Features], vocabularies: Sequence[Vocabulary], arrays: Mapping[str, NDArray[Any]]
) -> LinearClassifier:
    return LinearClassifier(
        features, vocabularies, arrays["classes"], arrays["weights"], arrays["bias"], float(arrays["temperature"])
    )


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


def softmax(scores: NDArray[Any]) -> NDArray[np.float64]:
    """Probabilities from scores, row by row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float64)
