"""Why a message is understood as it is: what each part of the understanding saw in it, step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import shorten

from bot.answers.places import load_places
from bot.answers.topics import OUT_OF_SCOPE, load_topics
from bot.evaluation import thresholds
from bot.understanding.archive import load_language_model, load_topic_model
from bot.understanding.aspects import AspectFinder
from bot.understanding.normalising import skeleton
from bot.understanding.places import PlaceFinder
from bot.understanding.safety import SafetyNet
from bot.understanding.topic_model import decide

_TOPICS_SHOWN = 5
_EVIDENCE_SHOWN = 12
_PATTERN_SHOWN = 90  # letters; some patterns list many spellings


class UnknownTopic(ValueError):
    """The topic that the chat is said to be on does not exist."""


def explain(text: str, model: Path, before: str | None = None, root: Path = Path()) -> Iterator[str]:
    """Lines that explain a message; ``before`` is the topic the chat is on.

    Raises:
        UnknownTopic: there is no topic ``before``.
    """
    topics = load_topics(root / "data/topics.yml")
    if before is not None and before not in topics:
        raise UnknownTopic(f"there is no topic '{before}'; the topics are in data/topics.yml")
    limits = thresholds(root / "config.yml")
    languages, model_of_topics = load_language_model(model), load_topic_model(model)
    shares = sorted(languages.probabilities(text).items(), key=lambda row: -row[1])
    language = shares[0][0]
    intent_before = topics[before].intent if before else None
    understood = model_of_topics.rank(text, language, intent_before)
    best = understood.ranking[0][0]

    yield "language      " + ", ".join(f"{code} {share:.2f}" for code, share in shares[:3])
    yield f"read as       {skeleton(text)}"
    yield f"lemmas        {model_of_topics.lemmas_of(text, language)}"
    net = SafetyNet.load(root / "data/safety")
    for topic, pattern, cancels in net.reasons(text):
        yield f"safety net    {topic}{' (figure of speech)' if cancels else ''}: {shorten(pattern, _PATTERN_SHOWN)}"
    yield f"danger        {understood.danger:.2f} (the safety text comes first from {limits.danger:g} on)"
    if before:
        yield f"follow-up     {understood.follows:.2f} (needs the chat about {before})"
        yield f"asks for      {AspectFinder.load(root / 'data/aspects').find(text) or 'nothing in particular'}"
    place = PlaceFinder(load_places(root / "data/places.yml").spellings).find(text)
    if place:
        yield f"place         {place}"
    for intent, share in understood.ranking[:_TOPICS_SHOWN]:
        yield f"topic         {share:.2f}  {intent}"
    subjects = model_of_topics.subjects(text, language, limits.other_subject)
    if subjects:
        yield "clauses       " + ", ".join(subjects)
    decision = decide(understood, limits, OUT_OF_SCOPE, intent_before)
    goes_on = f", and always when it goes on with {before}" if before else ""
    yield f"decision      {decision.replace('_', ' ')} (answered from {limits.answer:g} on{goes_on})"
    yield f"what speaks for {best} (+) and against it (-):"
    for term, part in model_of_topics.evidence(text, language, best)[:_EVIDENCE_SHOWN]:
        yield f"  {part:+.3f}  {term}"
