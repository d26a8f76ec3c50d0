"""Questions that the program did not understand, or whose answer did not help, kept so that the answers get better.

What is kept is the message without names and numbers (``bot/understanding/redaction.py``), encrypted; the day; what it
was taken for. Nobody at the desk sees it before the person allows it, or before so many different conversations
(``FEWEST``) ask alike. A row says whose it is only to whoever has the conversation's id and the secret key: that is how
it is erased with the conversation, and how different conversations are told apart.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import hmac
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.answers.rendering import human_button
from bot.gateway import tables
from bot.gateway.sealing import Sealer, Unreadable
from bot.gateway.store import Received, Reply, Store, StoreUnavailable, Turn
from bot.languages import known_language
from bot.settings import Settings
from bot.understanding.grouping import alike, joined
from bot.understanding.name_lists import NameLists
from bot.understanding.redaction import Redactor, without_marks
from bot.understanding.vocabulary import Vocabulary

_logger = logging.getLogger(__name__)

#: How a question came here.
Kind = Literal["not_understood", "out_of_scope", "not_helped"]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: Questions are shown when so many conversations ask alike.
FEWEST = 3
#: So many letters of a question are kept; a training message can have as many.
LONGEST = 500
#: So many questions of a language, the newest, are compared with each other.
_MOST = 2000
#: Topics that are kept with a question: those it was taken for, the likeliest first.
_TOPICS = 3
#: What the buttons under an answer and after it do; none of it reaches Rasa.
ACTS = ("not_helped", "other_words", "may_see", "may_not")

Act = Callable[[Connection], Sequence[Reply]]


@dataclass(frozen=True)
class Question:
    """A question as it is kept. ``topics``: what it was taken for, likeliest first; ``consent``: staff may see it."""

    id: str
    text: str
    language: str
    kind: Kind
    topics: tuple[str, ...]
    day: dt.date
    consent: bool


@dataclass(frozen=True)
class Group:
    """Questions that ask alike, newest first; ``askers``: of so many conversations, also such that are not shown."""

    language: str
    askers: int
    questions: tuple[Question, ...]

    @property
    def newest(self) -> dt.date:
        """The day of the last one."""
        return self.questions[0].day

    def topics(self) -> list[str]:
        """What they were taken for, the topic named most first."""
        named = Counter(topic for one in self.questions for topic in one.topics)
        return [topic for topic, _ in named.most_common(_TOPICS)]


@dataclass(frozen=True)
class Waiting:
    """How many questions of a language wait for others like them."""

    language: str
    number: int


class Unanswered:
    """Keeps questions and asks whether they may be seen."""

    def __init__(
        self,
        store: Store,
        content: Content,
        settings: Settings,
        secret_key: str,
        tools: Callable[[], tuple[Redactor, Vocabulary]],
        shows_danger: Callable[[str], bool],
    ) -> None:
        """``tools`` are made when they are first needed: they take seconds and memory."""
        self._store = store
        self._content = content
        self._settings = settings
        self._key = hmac.new(secret_key.encode(), b"unanswered questions", hashlib.sha256).digest()
        self._make_tools = tools
        self._tools: tuple[Redactor, Vocabulary] | None = None
        self._shows_danger = shows_danger
        self._making = asyncio.Lock()
        #: One after the other: what is said of a question comes after the question.
        self._order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Questions that nobody may see, while they may still be on their way into the store.
        self._declined: set[str] = set()
        store.also_erase = self.forget

    # collecting

    def offered(self, turn: Turn, replies: Sequence[Reply], language: str) -> list[Reply]:
        """Replies to a written message; the answer among them has a button that says that it did not help.

        Not where danger is spoken of: nothing may stand in the way there.
        """
        marked = list(replies)
        if turn.message.button or any(reply.urgent or reply.unclear for reply in replies):
            return marked
        for place, reply in enumerate(replies):
            topic = self._content.topics.get(reply.topic or "")
            if reply.sender == "bot" and topic is not None and topic.section != "dialogue":
                topics = list(dict.fromkeys((topic.id, *_taken_for(replies))))[:_TOPICS]
                payload = {"act": "not_helped", "of": str(turn.message.key), "topics": ",".join(topics)}
                button = (self._content.phrase(reply.language or language, "not_helped.mark"), payload)
                marked[place] = replace(reply, buttons=(*reply.buttons, button))
                break
        return marked

    def note(self, turn: Turn, replies: Sequence[Reply], language: str) -> None:
        """Keep a message that was not understood; in the background, once it has been answered."""
        kind = next((reply.unclear for reply in replies if reply.unclear), None)
        if kind is None or turn.message.button or turn.state.form is not None or turn.state.holder != "bot":
            return
        if not self._shows_danger(turn.message.text):
            self._later(self._keep(turn.message, turn.message.text, kind, _taken_for(replies), language, consent=False))

    async def take(self, turn: Turn, language: str) -> tuple[Sequence[Reply], Act | None]:
        """What to say to a press of one of these buttons, and what is to be done with it."""
        button = turn.message.button or {}
        act = button.get("act")
        if act == "other_words":
            return [self._say(language, "other_words_how")], None
        asked = await self._asked(turn)
        if act == "may_not":
            return [self._say(language, "declined")], self._decline(turn, button)
        if asked is None:
            return [self._ways_on(language)] if act == "not_helped" else [self._say(language, "gone")], None
        topics = tuple(filter(None, button.get("topics", "").split(",")))
        if act == "may_see":
            self._later(self._keep(asked, asked.text, "not_helped", topics, language, consent=True))
            return [self._say(language, "thanks")], None
        if not self._shows_danger(asked.text):
            self._later(self._keep(asked, asked.text, "not_helped", topics, language, consent=False))
        return [self._ways_on(language), self._may_we(language, button)], None

    async def close(self) -> None:
        """Wait for what is still to be kept."""
        await asyncio.gather(*self._tasks)

    def forget(self, connection: Connection, conversation: str) -> None:
        """Erase what a conversation has asked, also where nothing else of it is left."""
        mine = tables.questions.c.asker == self._asker(conversation)
        connection.execute(tables.questions.delete().where(mine))

    # for the desk

    async def groups(self) -> tuple[list[Group], list[Waiting]]:
        """What may be shown, the largest groups first; and how many of each language may not be yet."""
        rows, sealer = await self._store.transaction(_read)
        _, vocabulary = await self._prepared()
        groups, waiting, shown = await asyncio.to_thread(_grouped, rows, sealer, vocabulary)
        if shown:
            await self._store.transaction(partial(_mark_shown, ids=shown))
        return groups, waiting

    async def remove(self, questions: Sequence[str], act: Callable[[Connection], None]) -> None:
        """Take questions away that somebody has dealt with; ``act`` is done in the same transaction."""

        def delete(connection: Connection) -> None:
            connection.execute(tables.questions.delete().where(tables.questions.c.id.in_(list(questions))))
            act(connection)

        await self._store.transaction(delete)

    async def _prepared(self) -> tuple[Redactor, Vocabulary]:
        async with self._making:
            if self._tools is None:
                self._tools = await asyncio.to_thread(self._make_tools)
            return self._tools

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._is_done)

    def _is_done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not self._tasks:
            self._declined.clear()

    async def _keep(
        self, message: Received, text: str, kind: Kind, topics: Sequence[str], language: str, consent: bool
    ) -> None:
        """Keep a question, or that it may be seen. A question must never cost anybody anything: faults are logged."""
        try:
            async with self._order:
                redactor, _ = await self._prepared()
                redacted = _shortened(await asyncio.to_thread(redactor.redact, text, language))
                if not without_marks(redacted).strip(" .,;:!?-"):
                    return
                question = Question(
                    self._id(message), redacted, language, kind, tuple(topics[:_TOPICS]), self._today(), consent
                )
                await self._store.transaction(partial(self._insert, message.conversation, question))
        except StoreUnavailable as error:
            _logger.warning("A question was not kept: %s", error)
        except Exception as error:
            _logger.error("A question was not kept: %s", type(error).__name__)

    def _insert(self, conversation: str, question: Question, connection: Connection) -> None:
        # Erased meanwhile, or taken over by a person: then it is none of ours.
        chat = sa.select(tables.conversations.c.holder).where(tables.conversations.c.id == conversation)
        if connection.execute(chat.with_for_update()).scalar() != "bot" or question.id in self._declined:
            return
        mine = tables.questions.c.id == question.id
        if question.consent and connection.execute(tables.questions.update().where(mine).values(consent=True)).rowcount:
            return
        if connection.execute(sa.select(tables.questions.c.id).where(mine)).first():
            return
        connection.execute(
            tables.questions.insert().values(
                id=question.id,
                asker=self._asker(conversation),
                text=question.text,
                language=question.language,
                kind=question.kind,
                topics=",".join(question.topics),
                day=question.day,
                consent=question.consent,
                shown=False,
            )
        )

    def _decline(self, turn: Turn, button: dict[str, str]) -> Act:
        declined = self._digest("question", f"{turn.state.id} {button.get('of', '')}")

        def delete(connection: Connection) -> Sequence[Reply]:
            self._declined.add(declined)
            connection.execute(tables.questions.delete().where(tables.questions.c.id == declined))
            return ()

        return delete

    async def _asked(self, turn: Turn) -> Received | None:
        """The message of this conversation that a button is about; None if it is gone or cannot be read."""
        key = (turn.message.button or {}).get("of", "")

        def read(connection: Connection) -> Received | None:
            mine = (tables.received.c.conversation == turn.state.id, tables.received.c.id == int(key))
            row = connection.execute(tables.received.select().where(*mine)).first()
            return Received(row.id, row.conversation, row.text, None) if row and not row.button else None

        with suppress(Unreadable):
            return await self._store.transaction(read) if key.isdigit() else None
        return None

    # words

    def _ways_on(self, language: str) -> Reply:
        human = human_button(self._content, language)
        other = (self._content.phrase(language, "not_helped.other_words"), {"act": "other_words"})
        return replace(self._say(language, "sorry"), buttons=(other, (human.title, human.payload)))

    def _may_we(self, language: str, button: dict[str, str]) -> Reply:
        about = {"of": button.get("of", ""), "topics": button.get("topics", "")}
        buttons = tuple(
            (self._content.phrase(language, f"not_helped.{act}"), {"act": act, **about})
            for act in ("may_see", "may_not")
        )
        return replace(self._say(language, "may_we"), buttons=buttons)

    def _say(self, language: str, name: str) -> Reply:
        return Reply(self._content.phrase(language, f"not_helped.{name}"), language, "system")

    # whose it is

    def _asker(self, conversation: str) -> str:
        return self._digest("asker", conversation)

    def _id(self, message: Received) -> str:
        return self._digest("question", f"{message.conversation} {message.key}")

    def _digest(self, purpose: str, text: str) -> str:
        return hmac.new(self._key, f"{purpose} {text}".encode(), hashlib.sha256).hexdigest()[:32]

    def _today(self) -> dt.date:
        return self._settings.dutch_now().date()


def _shortened(text: str) -> str:
    """The beginning of a story: the rest of it teaches little and tells more of whose it is."""
    if len(text) <= LONGEST:
        return text
    return text[:LONGEST].rpartition(" ")[0] + " …"


def as_message(text: str) -> str:
    """A text as a training message: one line, without the marks of what was taken out."""
    return without_marks(text)


def tools_of(content: Content, messages: Path, root: Path = Path()) -> tuple[Redactor, Vocabulary]:
    """What redacts and groups questions; ``messages`` are the training messages.

    Raises:
        OSError: a list cannot be read.
    """
    vocabulary = Vocabulary.load(messages)
    public = [service.name for service in content.services.services.values()]
    lists = NameLists.load(root / "data/redaction", vocabulary, public, content.places.spellings)
    return Redactor(lists), vocabulary


@dataclass(frozen=True)
class _Row:
    question: Question
    asker: str
    shown: bool


def _taken_for(replies: Sequence[Reply]) -> tuple[str, ...]:
    """The topics that the message was taken for."""
    return next((reply.taken_for for reply in replies if reply.taken_for), ())


def _read(connection: Connection) -> tuple[list[Any], Sealer]:
    """The rows as they lie in the database, the newest first, and what opens their texts."""
    columns = [column for column in tables.questions.columns if column.name != "text"]
    text = sa.type_coerce(tables.questions.c.text, sa.Text).label("text")
    query = sa.select(*columns, text).order_by(tables.questions.c.day.desc(), tables.questions.c.id)
    return list(connection.execute(query).all()), connection.dialect.sealer


def _opened(rows: Sequence[Any], sealer: Sealer) -> Iterator[_Row]:
    for row in rows:
        language = known_language(row.language)
        # What cannot be decrypted must keep nobody from the others.
        with suppress(Unreadable):
            if language is not None and row.kind in KINDS:
                topics = tuple(filter(None, row.topics.split(",")))
                text = sealer.unseal(row.text)
                question = Question(row.id, text, language, row.kind, topics, row.day, row.consent)
                yield _Row(question, row.asker, row.shown)


def _grouped(
    found: Sequence[Any], sealer: Sealer, vocabulary: Vocabulary
) -> tuple[list[Group], list[Waiting], list[str]]:
    """Groups to show, numbers of what waits, and the ids of what is shown now for the first time."""
    groups, waiting, shown = [], [], []
    rows = list(_opened(found, sealer))
    for language in sorted({row.question.language for row in rows}):
        every = [row for row in rows if row.question.language == language]
        mine = every[:_MOST]
        texts, first = [row.question.text for row in mine], [(*row.question.topics, "")[0] for row in mine]
        is_alike = alike(texts, first, language, vocabulary)
        near = [{other for other in range(len(mine)) if is_alike[one, other]} for one in range(len(mine))]
        askers = [{mine[other].asker for other in others} for others in near]
        visible = [one for one, row in enumerate(mine) if row.question.consent or len(askers[one]) >= FEWEST]
        if len(visible) < len(every):
            waiting.append(Waiting(language, len(every) - len(visible)))
        shown += [mine[one].question.id for one in visible if not mine[one].shown]
        for members in joined(is_alike, visible):
            everybody = set().union(*(askers[one] for one in members))
            groups.append(Group(language, len(everybody), tuple(mine[one].question for one in members)))
    groups.sort(key=lambda group: (-group.askers, -group.newest.toordinal(), group.questions[0].id))
    return groups, waiting, shown


def _mark_shown(connection: Connection, ids: Sequence[str]) -> None:
    connection.execute(tables.questions.update().where(tables.questions.c.id.in_(list(ids))).values(shown=True))
