"""Rasa graph components around this package: language, spaCy tokens, place, topic.

A message may carry metadata from the gateway: ``language`` (the conversation's language, already settled),
``place`` (where the person lives, if known), ``before`` (the topic last answered) and ``button``
(``{"intent": ..., entities...}`` of a button we issued).
Free text can never set any of them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar, cast

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import RESPONSE_SELECTOR_PROPERTY_NAME
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    INTENT_RESPONSE_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from typing_extensions import Self

from bot.answers.content import load_content
from bot.answers.places import load_places
from bot.answers.topics import OUT_OF_SCOPE, Topic, load_topics
from bot.languages import LANGUAGES, SOURCE_LANGUAGE, known_language
from bot.settings import read_settings
from bot.understanding.aspects import AspectFinder
from bot.understanding.chats import Turn, load_chats
from bot.understanding.language import LanguageModel
from bot.understanding.lexicon import load_lexicon
from bot.understanding.places import PlaceFinder
from bot.understanding.tokenizing import tokenizer, tokens
from bot.understanding.topic_model import Thresholds, TopicModel, Understood, decide

LANGUAGE = "language"
METADATA = "metadata"
WANTED_LANGUAGE = "wanted_language"
CHANGE_LANGUAGE = "dialogue/change_language"
FALLBACK = "nlu_fallback"
INFORM_PLACE = "inform_place"

#: What the classifier says of a message beside its intent: the critical topic its words speak of, whether it goes on
#: with the topic before, which part of the answer it then asks for, and which other topics its clauses are about.
DANGER = "danger"
FOLLOW_UP = "follow_up"
ASPECT = "aspect"
OTHER_SUBJECTS = "other_subjects"

LANGUAGE_MODEL_FILE = "language.npz"
TOPIC_MODEL_FILE = "topics.npz"


_Model = TypeVar("_Model", LanguageModel, TopicModel)


def _metadata(message: Message) -> dict[str, Any]:
    metadata = message.get(METADATA)
    return metadata if isinstance(metadata, dict) else {}


def _data() -> Path:
    """The data of the content that is trained on or answered from."""
    return read_settings().content_folder / "data"


def _button(message: Message) -> dict[str, str] | None:
    button = _metadata(message).get("button")
    return button if isinstance(button, dict) else None


def _add_entity(message: Message, name: str, value: str, extractor: str) -> None:
    entity = {ENTITY_ATTRIBUTE_TYPE: name, ENTITY_ATTRIBUTE_VALUE: value, EXTRACTOR: extractor}
    message.set(ENTITIES, [*message.get(ENTITIES, []), entity], add_to_output=True)


def _training_language(message: Message) -> str | None:
    return known_language((_metadata(message).get("intent") or {}).get("language"))


class _Trained(GraphComponent, Generic[_Model]):
    """A component with one model, kept in one file of the Rasa model."""

    model_class: ClassVar[type[LanguageModel] | type[TopicModel]]
    file: ClassVar[str]

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: _Model | None = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._model: _Model | None = model

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        with model_storage.read_from(resource) as directory:
            model = cls.model_class.load((directory / cls.file).read_bytes())
        return cls(config, model_storage, resource, cast(_Model, model))

    def keep(self, model: LanguageModel | TopicModel) -> Resource:
        """Write a trained model where ``load`` finds it."""
        with self._storage.write_to(self._resource) as directory:
            (directory / self.file).write_bytes(model.dump())
        return self._resource


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class LanguageIdentifier(_Trained[LanguageModel]):
    """Sets each message's language: as the gateway settled it, or else as its text alone tells."""

    model_class = LanguageModel
    file = LANGUAGE_MODEL_FILE

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from every training message that says its language."""
        rows = [
            (message.get(TEXT), language)
            for message in training_data.intent_examples
            if (language := _training_language(message)) and message.get_full_intent() != CHANGE_LANGUAGE
        ]
        return self.keep(LanguageModel.train([text for text, _ in rows], [language for _, language in rows]))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        # Training messages say their language themselves.
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            language = known_language(_metadata(message).get(LANGUAGE)) or self._identify(message.get(TEXT))
            message.set(LANGUAGE, language, add_to_output=True)
            _add_entity(message, LANGUAGE, language, type(self).__name__)
        return messages

    def _identify(self, text: str | None) -> str:
        return self._model.identify(text) if self._model and text else SOURCE_LANGUAGE


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class LanguageTokenizer(Tokenizer):
    """Tokenizes each message by spaCy's rules for its language."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # What Rasa's Tokenizer expects of its subclasses.
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageTokenizer:
        # Now rather than with the first message in each language, which would wait for it.
        for language in LANGUAGES:
            tokenizer(language)
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        # The topic model tokenizes by itself; tokens on every training example would only be fingerprinted by Rasa.
        return training_data

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        language = message.get(LANGUAGE) or SOURCE_LANGUAGE
        return [Token(text, start) for text, start in tokens(message.get(attribute), language)]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent):
    """Adds the Dutch place a message names as entity ``place``."""

    def __init__(self, finder: PlaceFinder) -> None:
        self._finder = finder

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceExtractor:
        return cls(PlaceFinder(load_places(_data() / "places.yml").spellings))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            place = self._finder.find(text) or _metadata(message).get("place")
            if place is not None and "place" not in (_button(message) or {}):
                _add_entity(message, "place", place, type(self).__name__)
                message.set("place_only", self._finder.is_bare(text))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(_Trained[TopicModel]):
    """Classifies into the topics and fills what Rasa's retrieval actions read.

    An unsure message becomes ``nlu_fallback``, with the ranking kept for "did you mean".
    """

    model_class = TopicModel
    file = TOPIC_MODEL_FILE

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, model: TopicModel | None = None
    ) -> None:
        super().__init__(config, storage, resource, model)
        self._topics = load_topics(_data() / "topics.yml")
        self._intents = {topic.intent for topic in self._topics.values()}
        self._aspects = AspectFinder.load(_data() / "aspects")
        self._thresholds = Thresholds.from_config(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "answer_threshold": 0.4,
            "out_of_scope_threshold": 0.35,
            "danger_threshold": 0.25,
            "follow_up_threshold": 0.5,
            "other_subject_threshold": 0.6,
        }

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all intent examples (retrieval intents keep their key) and from the chats in ``data/chats``."""
        rows = [message for message in training_data.intent_examples if message.get_full_intent() != INFORM_PLACE]
        content = load_content(_data().parent)
        chats = [
            [Turn(turn.text, turn.language, _intent(self._topics, turn.topic), turn.follows) for turn in chat]
            for chat in load_chats(_data() / "chats")
        ]
        model = TopicModel.train(
            [message.get(TEXT) for message in rows],
            [_training_language(message) or SOURCE_LANGUAGE for message in rows],
            [message.get_full_intent() for message in rows],
            chats,
            {
                answer.topic.intent: [content.topics[topic].intent for topic in answer.related]
                for answer in content.answers.values()
            },
            [topic.intent for topic in self._topics.values() if topic.urgency == "critical"],
        )
        return self.keep(model)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def _is_known(self, button: dict[str, str]) -> bool:
        """Whether what a button stands for is there in this version."""
        intent, topic = button["intent"], button.get("topic")
        is_topic = intent in self._intents or "/" not in intent
        return is_topic and (topic is None or topic in self._topics)

    def _classify(self, message: Message) -> None:
        button = _button(message)
        # A button outlives its topic when an earlier version comes back: what stands on it is read as a message.
        if button is not None and self._is_known(button):
            for name, value in button.items():
                if name != "intent":
                    _add_entity(message, name, value, type(self).__name__)
            _set_intent(message, [(button["intent"], 1.0)], button["intent"])
            return
        text = message.get(TEXT) or ""
        before = _intent(self._topics, _metadata(message).get("before"))
        understood = Understood([(FALLBACK, 1.0)])
        if self._model and text:
            understood = self._model.rank(text, message.get(LANGUAGE), before)
            danger = self._model.danger_intent(understood, self._thresholds)
            message.set(DANGER, danger.split("/")[-1] if danger else None, add_to_output=True)
        if message.get("place_only"):
            _set_intent(message, understood.ranking, INFORM_PLACE)
            return
        lexicon = load_lexicon()
        if lexicon.is_bare_request(text):
            others = [row for row in understood.ranking if row[0] != CHANGE_LANGUAGE]
            understood = replace(understood, ranking=[(CHANGE_LANGUAGE, 1.0), *others])
        ranking = understood.ranking
        decision = decide(understood, self._thresholds, OUT_OF_SCOPE, before)
        chosen = FALLBACK if decision == "ask" else ranking[0][0]
        if chosen == CHANGE_LANGUAGE and (wanted := lexicon.wanted_language(text)):
            _add_entity(message, WANTED_LANGUAGE, wanted, type(self).__name__)
        _set_intent(message, ranking, chosen)
        if chosen == before and understood.follows >= self._thresholds.follow_up:
            message.set(FOLLOW_UP, True, add_to_output=True)
            message.set(ASPECT, self._aspects.find(text), add_to_output=True)
        elif self._model:
            subjects = self._model.subjects(text, message.get(LANGUAGE), self._thresholds.other_subject)
            message.set(OTHER_SUBJECTS, [name for name in subjects if name != chosen], add_to_output=True)


def _intent(topics: dict[str, Topic], topic_id: str | None) -> str:
    """A topic's intent; out of scope and unknown topics stay as they are."""
    topic = topics.get(topic_id or "")
    return topic.intent if topic else topic_id or ""


def _set_intent(message: Message, ranking: list[tuple[str, float]], chosen: str) -> None:
    """Write intent, ranking and the response selector's result for a full intent such as ``work/payslip``."""
    probability = dict(ranking).get(chosen, 1.0 - ranking[0][1])
    intent, _, key = chosen.partition("/")
    message.set(INTENT, {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: probability}, add_to_output=True)
    message.set(
        INTENT_RANKING_KEY,
        [{INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: share} for name, share in ranking[:10]],
        add_to_output=True,
    )
    if not key:
        return
    response = {"intent_response_key": chosen, "utter_action": f"utter_{chosen}", PREDICTED_CONFIDENCE_KEY: probability}
    ranked = [
        {INTENT_RESPONSE_KEY: name, PREDICTED_CONFIDENCE_KEY: share}
        for name, share in ranking[:10]
        if name.startswith(f"{intent}/")
    ]
    message.set(
        RESPONSE_SELECTOR_PROPERTY_NAME,
        {"all_retrieval_intents": [intent], intent: {"response": {**response, "responses": []}, "ranking": ranked}},
        add_to_output=True,
    )
    if intent != "dialogue":
        _add_entity(message, "topic", key, TopicClassifier.__name__)
