"""Which topic a message is about: a linear model on words, lemmas and character n-grams of all five languages."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bot.understanding.chats import Chat
from bot.understanding.follow_up import Case, FollowUpModel
from bot.understanding.learning import train_with_check, with_labels
from bot.understanding.lemmas import Lemmas
from bot.understanding.linear import Features, LinearClassifier, Row, dump_arrays, load_arrays, under
from bot.understanding.normalising import spelling
from bot.understanding.tokenizing import clauses, tokens

Decision = Literal["answer", "ask", "out_of_scope"]
Ranking = list[tuple[str, float]]

_WORDS, _LEMMAS = 0, 1
_FEATURES = (
    Features("word", (1, 2), view=_WORDS),
    Features("char_wb", (3, 5), min_df=2, view=_WORDS),
    Features("word", (1, 2), view=_LEMMAS),
)
_COST = 0.5
_DANGER, _CALM = "danger", "calm"
#: So many messages put after another topic teach the follow-up model to notice a new subject.
_NEW_SUBJECTS = 2000


@dataclass(frozen=True)
class Thresholds:
    """What a probability must reach before something is done.

    ``answer``: to answer a topic; ``out_of_scope``: to say so (below either we ask back); ``danger``: to put the
    safety text first; ``follow_up``: to take a message for one; ``other_subject``: to offer what a clause is about.
    """

    answer: float
    out_of_scope: float
    danger: float
    follow_up: float
    other_subject: float

    @classmethod
    def from_config(cls, config: Mapping[str, float]) -> Thresholds:
        """From keys such as ``answer_threshold``."""
        return cls(**{name: config[f"{name}_threshold"] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Understood:
    """What a message means.

    ``ranking``: its intents, most likely first. ``follows``: how likely it only makes sense after what came before.
    ``danger``: from 0 to 1, how much its words speak of a critical topic, whatever comes first.
    """

    ranking: Ranking
    follows: float = 0.0
    danger: float = 0.0


class TopicModel:
    """Ranks intents for a text with calibrated probabilities."""

    def __init__(
        self,
        lemmas: Lemmas,
        classifier: LinearClassifier,
        danger: LinearClassifier | None = None,
        follow_up: FollowUpModel | None = None,
        critical: Collection[str] = (),
    ) -> None:
        """``danger`` tells messages of ``critical`` intents from all others."""
        self._lemmas = lemmas
        self._classifier = classifier
        self._danger = danger
        self._follow_up = follow_up
        self.critical = frozenset(critical)
        self._is_critical = np.isin(classifier.classes, list(critical))
        self._names = [str(name) for name in classifier.classes]
        self._place = {name: index for index, name in enumerate(self._names)}

    @classmethod
    def train(
        cls,
        texts: Sequence[str],
        languages: Sequence[str],
        intents: Sequence[str],
        chats: Sequence[Chat] = (),
        related: Mapping[str, Collection[str]] | None = None,
        critical: Collection[str] = (),
    ) -> TopicModel:
        """Learn from messages, their languages and their intents, and from chats whose topics are intents.

        ``related`` names the intents next to an intent, to which a chat moves most easily; ``critical`` the intents
        that mean danger.
        """
        words = [_words(text, language) for text, language in zip(texts, languages)]
        lemmas = Lemmas.build(_by_language(words, languages))
        spelled = lru_cache(maxsize=None)(spelling)  # most words come many times
        views = [_with_lemmas(lemmas, row, language, spelled) for row, language in zip(words, languages)]
        training = train_with_check(views, intents, _FEATURES, _COST)
        classifier = training.classifier
        labels = [_DANGER if intent in critical else _CALM for intent in intents]
        danger = with_labels(classifier, training.matrix, labels, _COST) if len(set(labels)) == 2 else None
        model = cls(lemmas, classifier, danger, None, critical)
        if chats:
            cases = model._cases(training.check, chats, [(views[row], intents[row]) for row in training.unseen])
            model._follow_up = FollowUpModel.train(cases, model._names, related or {})
        return model

    def _cases(
        self, check: LinearClassifier, chats: Sequence[Chat], unseen: Sequence[tuple[tuple[str, str], str]]
    ) -> list[Case]:
        """Messages after a topic, judged by a classifier that has seen none of them."""
        rows: list[tuple[tuple[str, str], int, int, bool]] = []
        topics: list[int] = []
        for chat in chats:
            before: int | None = None
            for turn in chat:
                meant = self._place[turn.topic]
                if before is not None:
                    views = _views(self._lemmas, turn.text, turn.language)
                    rows.append((views, before, meant, turn.follows))
                if is_question(turn.topic):
                    before = meant
                    topics.append(meant)
        chance = np.random.default_rng(0)
        for index in chance.permutation(len(unseen))[:_NEW_SUBJECTS]:
            views, intent = unseen[index]
            before = topics[chance.integers(len(topics))]
            if before != self._place[intent]:
                rows.append((views, before, self._place[intent], False))
        alone = check.all_probabilities([views for views, *_ in rows])
        return [
            Case(views[_WORDS], own, before, meant, follows)
            for own, (views, before, meant, follows) in zip(alone, rows)
        ]

    @classmethod
    def load(cls, data: bytes) -> TopicModel:
        arrays = load_arrays(data)
        chat, danger = under("chat", arrays), under("danger", arrays)
        topic = LinearClassifier.from_arrays(under("topic", arrays), _FEATURES)
        return cls(
            Lemmas.from_arrays(under("lemmas", arrays)),
            topic,
            topic.with_machine(danger) if danger else None,
            FollowUpModel.from_arrays(chat) if chat else None,
            [str(name) for name in arrays["critical"]],
        )

    def dump(self) -> bytes:
        parts = {
            "lemmas": self._lemmas.arrays(),
            "topic": self._classifier.arrays(),
            "danger": self._danger.machine_arrays() if self._danger is not None else {},
            "chat": self._follow_up.arrays() if self._follow_up is not None else {},
        }
        named = {f"{part}.{name}": array for part, arrays in parts.items() for name, array in arrays.items()}
        return dump_arrays({**named, "critical": np.array(sorted(self.critical), dtype=str)})

    def rank(self, text: str, language: str, before: str | None = None) -> Understood:
        """Every intent with its probability, most likely first.

        ``language`` picks tokenizer and lemmas; ``before`` is the intent the chat was on.
        """
        views = _views(self._lemmas, text, language)
        row = self._classifier.row(views)
        probabilities, follows = self._classifier.row_probabilities(row), 0.0
        danger = self._danger_share(row, probabilities)
        if self._follow_up is not None and before in self._place:
            case = Case(views[_WORDS], probabilities, self._place[before])
            probabilities, follows = self._follow_up.rank(case)
        return Understood(self._ranking(probabilities), follows, danger)

    def _danger_share(self, row: Row, probabilities: NDArray[np.float64]) -> float:
        """The geometric mean of two opinions: each is wrong where the other is not."""
        if self._danger is None:
            return 0.0
        column = list(self._danger.classes).index(_DANGER)
        alone = float(self._danger.row_probabilities(row)[column])
        return float(np.sqrt(alone * probabilities[self._is_critical].sum()))

    def danger_intent(self, understood: Understood, thresholds: Thresholds) -> str | None:
        """The critical intent a message most likely speaks of, if its words show enough danger.

        The words of a follow-up ("they said no") mean little alone: its topic decides, and the safety net.
        """
        if understood.danger < thresholds.danger or understood.follows >= thresholds.follow_up:
            return None
        return next((intent for intent, _ in understood.ranking if intent in self.critical), None)

    def subjects(self, text: str, language: str, least: float) -> list[str]:
        """The intents that the clauses of a text are about, each as sure as ``least``; one clause has none."""
        parts = clauses(text, language)
        found: list[str] = []
        if len(parts) > 1:
            for part in parts:
                probabilities = self._classifier.probabilities(_views(self._lemmas, part, language))
                best = int(probabilities.argmax())
                intent, share = self._names[best], probabilities[best]
                if share >= least and is_question(intent) and intent not in found:
                    found.append(intent)
        return found

    def lemmas_of(self, text: str, language: str) -> str:
        """The lemmas of a text, as the model reads them."""
        return _views(self._lemmas, text, language)[_LEMMAS]

    def evidence(self, text: str, language: str, intent: str) -> list[tuple[str, float]]:
        """What in a text speaks for an intent (or, below nought, against it), strongest first."""
        return self._classifier.evidence(_views(self._lemmas, text, language), self._place[intent])

    def _ranking(self, probabilities: NDArray[np.float64]) -> Ranking:
        shares = probabilities.tolist()
        return [(self._names[index], shares[index]) for index in np.argsort(-probabilities).tolist()]


def is_question(intent: str) -> bool:
    """Whether an intent is about a matter of life or work, not about the chat itself or nothing we know."""
    return "/" in intent and not intent.startswith("dialogue/")


def _views(lemmas: Lemmas, text: str, language: str) -> tuple[str, str]:
    """A text as the features see it: the spelling of its words, and their lemmas."""
    return _with_lemmas(lemmas, _words(text, language), language)


def _words(text: str, language: str) -> list[str]:
    """The words of a text as typed, in lower case."""
    return [token.lower() for token, _ in tokens(text, language)]


def _with_lemmas(
    lemmas: Lemmas, words: Sequence[str], language: str, spelling: Callable[[str, str], str] = spelling
) -> tuple[str, str]:
    spelled = " ".join(filter(None, (spelling(word, language) for word in words)))
    return spelled, " ".join(lemmas.lemma(word, language) for word in spelled.split())


def _by_language(rows: Sequence[Sequence[str]], languages: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for words, language in zip(rows, languages):
        found.setdefault(language, set()).update(words)
    return found


def decide(understood: Understood, thresholds: Thresholds, out_of_scope: str, before: str | None = None) -> Decision:
    """Whether the best intent is sure enough to answer, to say "out of scope", or only to ask back.

    What needs the chat and most likely goes on with ``before`` is answered from that: asking back about the very
    subject of the chat helps nobody.
    """
    intent, probability = understood.ranking[0]
    if intent == out_of_scope:
        return "out_of_scope" if probability >= thresholds.out_of_scope else "ask"
    goes_on = intent == before and understood.follows >= thresholds.follow_up
    return "answer" if goes_on or probability >= thresholds.answer else "ask"
