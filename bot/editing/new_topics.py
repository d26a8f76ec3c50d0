"""A whole new topic: it answers nobody before it has training messages and translations and is published."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from bot.answers.catalogue import ANSWERS
from bot.answers.checks import check_answer
from bot.answers.content import Answer, Content
from bot.answers.topics import OUT_OF_SCOPE, Topic
from bot.editing import topic_rows
from bot.editing.catalogues import add_entry, changing, translated_into
from bot.editing.draft import Draft
from bot.editing.errors import EditError
from bot.editing.messages import forget_intent
from bot.editing.topic_texts import Texts, answer_key, answers_path, context_of, refuse, tidied
from bot.editing.topics import Details, answer_of, details_rows, scalar, with_details, with_texts
from bot.editing.yaml_text import edited
from bot.languages import LANGUAGES

_ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_LONGEST_ID = 40
#: Names that pages and rules have given to something else.
_TAKEN = frozenset({"new", OUT_OF_SCOPE})
#: What the catalogues tell translators of each text, in the order in which Babel extracts them.
_REMARKS = {
    "text": "keep the {placeholders}",
    "title": "a button, at most 28 characters",
    "simpler": "words of everyday life",
}


class NewTopics:
    """Adds topics to the draft, and takes out those that nobody has been answered from."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def create(
        self, topic_id: str, section: str, texts: Texts, details: Details, account: str, today: dt.date
    ) -> None:
        """Add a topic with its English texts and details.

        Args:
            topic_id: its name in the files; it never changes.
            section: one that there is.
            texts: the English by part.
            details: what belongs to it.
            account: who does it.
            today: the day in Amsterdam.

        Raises:
            EditError: there is a topic of this name, or something in it cannot be.
        """

        def change(folder: Path, content: Content) -> None:
            _check_name(content, topic_id, section)
            topic = Topic(topic_id, section, "info", "")
            empty = Answer(topic, "", "", "", (), (), (), None, today)
            answer = with_details(content, with_texts(empty, tidied(texts)), details, today)
            refuse(check_answer(content, answer, today))
            topic_rows.add(folder, answer.topic)
            _add_answer(folder, answer)
            _add_entries(folder, answer)

        await self._draft.change(account, f"topic {topic_id}", "new", change)

    async def withdraw(self, topic_id: str, live: Content, account: str) -> None:
        """Take a topic that has never been published out of the draft, with its messages and translations.

        Raises:
            EditError: it has been published, or another topic names it.
        """

        def change(folder: Path, content: Content) -> None:
            answer = answer_of(content, topic_id)
            if topic_id in live.topics:
                raise EditError("published", "edit.topic_published", 409)
            named_in = next((one.title for one in content.answers.values() if topic_id in one.related), None)
            if named_in is not None:
                raise EditError("in_use", "edit.topic_in_use", 409, topic=named_in)
            topic_rows.remove(folder, answer.topic)
            _remove_answer(folder, answer)
            for language in LANGUAGES:
                forget_intent(folder, language, answer.topic.intent)
            for language in translated_into(ANSWERS):
                with changing(folder, ANSWERS, language) as catalogue:
                    for context, message in answer.messages():
                        catalogue.delete(message, context)

        await self._draft.change(account, f"topic {topic_id}", "withdrawn", change)


def _check_name(content: Content, topic_id: str, section: str) -> None:
    if not _ID.fullmatch(topic_id) or len(topic_id) > _LONGEST_ID or topic_id in _TAKEN:
        raise EditError("wrong_id", "edit.topic_id", most=str(_LONGEST_ID))
    if topic_id in content.topics:
        raise EditError("taken", "edit.topic_taken", 409, topic=content.answers[topic_id].title)
    if section not in {topic.section for topic in content.topics.values()}:
        raise EditError("unknown", "edit.unknown_choice")


def _add_answer(folder: Path, answer: Answer) -> None:
    with edited(answers_path(folder, answer.topic.section)) as document:
        meta = CommentedMap({"title": answer.title, "simpler": scalar("simpler", answer.simpler)})
        meta.update(details_rows(answer))
        variation = CommentedMap({"text": scalar("text", answer.text), "metadata": meta})
        document["responses"][answer_key(answer.topic)] = CommentedSeq([variation])
        document["responses"].yaml_set_comment_before_after_key(answer_key(answer.topic), before="\n")


def _remove_answer(folder: Path, answer: Answer) -> None:
    """Take its lines out: a YAML library would leave the empty one above them."""
    path = answers_path(folder, answer.topic.section)
    lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    start = lines.index(f"  {answer_key(answer.topic)}:")
    end = next((index for index in range(start + 1, len(lines)) if lines[index].startswith("  utter_")), len(lines))
    del lines[start:end]
    path.write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


def _add_entries(folder: Path, answer: Answer) -> None:
    location = f"data/answers/{answer.topic.section}.yml"
    for language in translated_into(ANSWERS):
        with changing(folder, ANSWERS, language) as catalogue:
            for part, remark in _REMARKS.items():
                add_entry(catalogue, context_of(answer.topic, part), getattr(answer, part), location, remark)
