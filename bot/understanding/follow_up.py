"""What a message means after what came before: "and how much is that a month?" goes on with the topic last answered.

Two questions are answered together. Does the message need the chat (the gate: a linear model on its words, and how
clear its topic is by itself)? And if it does, which topic does it mean: most often the last one, sometimes a
related one, and the more so the more its own words say so. The reply is a mixture of both readings, its few
parameters fitted on the training chats.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.model_selection import KFold

from bot.understanding.learning import train
from bot.understanding.linear import Features, LinearClassifier, under

_FEATURES = (Features("word", (1, 2)), Features("char_wb", (2, 4), min_df=2))
_COST = 0.5
_FOLLOWS = "follows"
_ALONE = "alone"
_FOLDS = 3
#: How much more a mistake counts on a message that stands alone: answering last topic again is the worse surprise.
_ALONE_WEIGHT = 1.0
#: Strength of the pull of all parameters towards nought.
_RIDGE = 1e-3
_SMALLEST = 1e-5

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A message after a topic: its text, its topic probabilities by itself, and, to learn from, what it meant."""

    text: str
    alone: Vector
    before: int
    meant: int = -1
    follows: bool = False


class FollowUpModel:
    """Joins a message's own topic probabilities with the topic last answered."""

    def __init__(
        self,
        gate: LinearClassifier,
        gate_weights: Vector,
        mix_weights: Vector,
        related: NDArray[np.bool_],
        about_chat: NDArray[np.bool_],
    ) -> None:
        """``related[a, b]``: topic b is next to topic a. ``about_chat``: topics on the chat itself, and none."""
        self._gate = gate
        self._gate_weights = gate_weights
        self._mix_weights = mix_weights
        self._related = related
        self._about_chat = about_chat

    @classmethod
    def train(
        cls, cases: Sequence[Case], classes: Sequence[str], related: Mapping[str, Collection[str]]
    ) -> FollowUpModel:
        """Learn from messages after a topic. ``classes`` are intents such as ``housing/deposit``."""
        place = {name: index for index, name in enumerate(classes)}
        neighbours = np.zeros((len(classes), len(classes)), dtype=bool)
        for name, others in related.items():
            for other in others:
                neighbours[place[name], place[other]] = True
        about_chat = np.array([not _is_question(name) for name in classes])
        labels = np.array([_FOLLOWS if case.follows else _ALONE for case in cases])
        model = cls(
            train([(case.text,) for case in cases], list(labels), _FEATURES, _COST),
            np.zeros(0), np.zeros(0), neighbours, about_chat,
        )  # fmt: skip
        model._fit(cases, _unseen_shares(cases, labels))
        return model

    def rank(self, case: Case) -> tuple[Vector, float]:
        """The probability of each class after the topic before, and how likely the message needs the chat."""
        share = self._words_share(case.text)
        gate_features, mix_features = self._gate_features(case, share), self._mix_features(case)
        follows = float(_sigmoid(gate_features @ self._gate_weights))
        own = _softmax(self._mix_weights[0] * mix_features[0])
        after = _softmax(np.tensordot(self._mix_weights[1:], mix_features, axes=1))
        return (1 - follows) * own + follows * after, follows

    def _fit(self, cases: Sequence[Case], shares: Sequence[float]) -> None:
        gate = np.array([self._gate_features(case, share) for case, share in zip(cases, shares)])
        mix = np.array([self._mix_features(case) for case in cases], dtype=np.float32)
        meant = np.array([case.meant for case in cases])
        weight = np.where([case.follows for case in cases], 1.0, _ALONE_WEIGHT)
        width, rows = gate.shape[1], np.arange(len(cases))

        def loss(parameters: Vector) -> tuple[float, Vector]:
            gate_weights, sharpness, after_weights = parameters[:width], parameters[width], parameters[width + 1 :]
            follows = _sigmoid(gate @ gate_weights)
            own = _softmax(sharpness * mix[:, 0])
            after = _softmax(np.einsum("k,nkt->nt", after_weights.astype(np.float32), mix))
            own_right, after_right = own[rows, meant], after[rows, meant]
            right = (1 - follows) * own_right + follows * after_right + 1e-9
            value = -(weight * np.log(right)).sum() + _RIDGE * len(cases) * float(parameters @ parameters)
            pull = -weight / right
            to_gate = (pull * (after_right - own_right) * follows * (1 - follows)) @ gate
            own_mean = (own * mix[:, 0]).sum(1)
            to_sharpness = (pull * (1 - follows) * own_right * (mix[rows, 0, meant] - own_mean)).sum()
            after_mean = np.einsum("nt,nkt->nk", after, mix)
            to_after = (pull * follows * after_right) @ (mix[rows, :, meant] - after_mean)
            slope = np.concatenate([to_gate, [to_sharpness], to_after]) + 2 * _RIDGE * len(cases) * parameters
            return value / len(cases), slope / len(cases)

        start = np.zeros(width + 1 + mix.shape[1])
        # Begin as a sensible person would: trust the words of the gate, and expect the last topic.
        start[0], start[width], start[width + 1], start[width + 2] = 1.0, 1.0, 0.5, 5.0
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 200})
        self._gate_weights, self._mix_weights = found.x[:width], found.x[width:]

    def _words_share(self, text: str) -> float:
        shares = dict(zip(map(str, self._gate.classes), self._gate.probabilities((text,))))
        return float(shares[_FOLLOWS])

    def _gate_features(self, case: Case, share: float) -> Vector:
        """What tells whether a message needs the chat; ``share`` is what its words alone say."""
        count = len(case.text.split())
        top = np.sort(case.alone)[-2:]
        return np.array(
            [
                np.log(max(share, 1e-3) / max(1 - share, 1e-3)),
                1.0,
                min(count, 25) / 25,
                count <= 3,
                count <= 6,
                np.log(top[1] + 1e-4) / 4,
                np.log(top[0] + 1e-4) / 4,
                np.log(case.alone[case.before] + 1e-4) / 4,
                case.alone[self._about_chat].sum(),
                case.alone[self._related[case.before]].sum(),
            ]
        )

    def _mix_features(self, case: Case) -> NDArray[np.float64]:
        """One row a feature, one column a class: own words, same topic, neighbours, about the chat."""
        features = np.zeros((4, len(case.alone)))
        features[0] = np.log(case.alone + _SMALLEST)
        features[1, case.before] = 1
        features[2] = self._related[case.before]
        features[3] = self._about_chat
        return features

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The model as plain arrays."""
        return {
            **{f"gate.{name}": array for name, array in self._gate.arrays().items()},
            "gate_weights": self._gate_weights,
            "mix_weights": self._mix_weights,
            "related": self._related,
            "about_chat": self._about_chat,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> FollowUpModel:
        return cls(
            LinearClassifier.from_arrays(under("gate", arrays), _FEATURES),
            arrays["gate_weights"], arrays["mix_weights"], arrays["related"], arrays["about_chat"],
        )  # fmt: skip


def _unseen_shares(cases: Sequence[Case], labels: NDArray[Any]) -> list[float]:
    """What the words of each case say to a gate that has not seen it."""
    shares = np.zeros(len(cases))
    for seen, unseen in KFold(_FOLDS, shuffle=True, random_state=0).split(shares):
        gate = train([(cases[row].text,) for row in seen], list(labels[seen]), _FEATURES, _COST)
        column = list(gate.classes).index(_FOLLOWS)
        for row in unseen:
            shares[row] = gate.probabilities((cases[row].text,))[column]
    return [float(share) for share in shares]


def _is_question(intent: str) -> bool:
    return "/" in intent and not intent.startswith("dialogue/")


def _sigmoid(value: Any) -> Any:
    return 1 / (1 + np.exp(-value))


def _softmax(scores: NDArray[Any]) -> NDArray[Any]:
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))
