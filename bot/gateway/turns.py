"""What becomes of a message, by who holds the chat: the program answers, the desk gets it, or the person is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.answers.content import Content
from bot.answers.places import SOMEWHERE_ELSE
from bot.gateway import figures, handover, tables
from bot.gateway.answering import Answering, known_language_of
from bot.gateway.handover import Handovers, acts
from bot.gateway.intake import TOPIC, Intake, Said
from bot.gateway.metrics import Metrics, Outcome
from bot.gateway.store import Changes, Reply, Store, Turn, add_reply
from bot.gateway.unanswered import ACTS, Unanswered
from bot.settings import Settings

_logger = logging.getLogger(__name__)

Act = Callable[[Connection], Sequence[Reply]]

#: Buttons of a handover that is over -> the phrase that says how it is.
_SO_ALREADY = {"stop_waiting": "stopped_waiting", "back_to_program": "back"}


@dataclass(frozen=True)
class Dealt:
    """What a message gets: replies, changes of the conversation, and an act in the same transaction."""

    replies: tuple[Reply, ...] = ()
    changes: Changes = field(default_factory=Changes)
    act: Act | None = None
    outcome: Outcome = "system"
    #: A handover begins with it; urgent or not.
    begins: bool | None = None


class Turns:
    """Deals with one message after the other."""

    def __init__(
        self,
        store: Store,
        answering: Answering,
        intake: Intake,
        handovers: Handovers,
        content: Content,
        settings: Settings,
        metrics: Metrics,
        unanswered: Unanswered,
    ) -> None:
        self._store = store
        self._answering = answering
        self._intake = intake
        self._handovers = handovers
        self._content = content
        self._settings = settings
        self._metrics = metrics
        self._unanswered = unanswered

    async def deal(self, turn: Turn) -> Dealt:
        """What becomes of a message. A fault of ours never leaves anybody without an answer."""
        try:
            if turn.state.holder == "bot":
                return await self._with_bot(turn)
            if turn.state.holder == "waiting":
                return self._while_waiting(turn)
            if turn.state.holder == "person":
                return self._with_person(turn)
            return self._when_closed(turn)
        except Exception as error:
            _logger.error("No reply could be made: %s", type(error).__name__)
            self._metrics.failed("gateway")
            # With a person in the chat, silence of the program is right.
            replies = (self._answering.apology(turn.state),) if turn.state.holder == "bot" else ()
            return Dealt(replies, outcome="degraded")

    def counted(self, turn: Turn, dealt: Dealt) -> tuple[Changes, Act | None]:
        """What a message changes and does, together with what it adds to the figures.

        What is said to a person at the desk is in no figure.
        """
        if turn.state.holder == "person" or not (dealt.replies or dealt.act):
            return dealt.changes, dealt.act
        try:
            before = figures.Tally.load(turn.state.counted)
            tally = self._tally(turn, dealt, before)
        except Exception as error:  # a figure must never cost anybody their answer
            _logger.error("Figures: %s", type(error).__name__)
            self._metrics.failed("gateway")
            return dealt.changes, dealt.act
        added = tally.added_to(before)
        if not added:
            return dealt.changes, dealt.act
        count = _act(partial(figures.add, added=added))
        return replace(dealt.changes, counted=tally.dump()), _both(count, dealt.act)

    def _tally(self, turn: Turn, dealt: Dealt, before: figures.Tally | None) -> figures.Tally:
        month = figures.month_of(self._settings.now())
        municipality = self._content.places.municipality(dealt.changes.place or turn.state.place)
        language = dealt.changes.language or known_language_of(turn.state)
        marks = figures.marks_of(self._content, dealt.replies, dealt.outcome, dealt.begins is not None)
        if before is None or before.month != month:
            before = figures.Tally(month, municipality, frozenset())
        return before.following(marks, language, municipality)

    async def after(self, turn: Turn, dealt: Dealt) -> None:
        """What follows when a message has been dealt with."""
        self._unanswered.note(turn, dealt.replies, dealt.changes.language or known_language_of(turn.state))
        if dealt.begins is not None:
            # From here on the desk has the chat; Rasa need not remember it.
            await self._answering.forget(turn.state.id)
            await self._handovers.began(dealt.begins)

    async def forget(self, conversation: str) -> None:
        """Erase what Rasa remembers of a conversation."""
        await self._answering.forget(conversation)

    async def cannot_read(self, conversation: str) -> None:
        """Messages cannot be decrypted: say so, give the numbers, and answer nothing."""
        state = await self._store.plain_conversation(conversation)
        if state is None:
            return
        reply = self._answering.unreadable(state)

        def say(connection: Connection) -> None:
            mine = tables.received.c.conversation == conversation
            connection.execute(tables.received.update().where(mine).values(answered=True))
            add_reply(connection, conversation, reply)

        await self._store.transaction(say)

    async def _with_bot(self, turn: Turn) -> Dealt:
        state, message = turn.state, turn.message
        button = message.button or {}
        language = (
            known_language_of(state) if message.button or state.form else self._answering.language(state, message)
        )
        if button.get("intent") == self._content.topics[TOPIC].intent and self._may_offer(state.place):
            return Dealt((self._intake.offer(language, self._settings.now()),), Changes(form=""))
        if button.get("act") in ACTS:
            said, act = await self._unanswered.take(turn, language)
            return Dealt(tuple(said), Changes(form=""), act)
        if state.form is None and button.get("act") in _SO_ALREADY:
            return Dealt((self._say(language, _SO_ALREADY[button["act"]]),))
        dangers = self._dangers(turn)
        dealt = self._intake_says(turn, language, dangers)
        if dealt is not None:
            return dealt
        if state.form is not None:
            language = self._answering.language(state, message)
        replies, changes, outcome = await self._answering.reply(turn, language, dangers)
        if state.form is not None:
            # The person has turned to something else; what comes next answers no question of the handover.
            changes = replace(changes, form="")
        replies = self._unanswered.offered(turn, replies, language)
        return Dealt(tuple(self._with_offer(turn, replies, changes)), changes, None, outcome)

    def _with_offer(self, turn: Turn, replies: Sequence[Reply], changes: Changes) -> list[Reply]:
        """The replies, with the offer of a person where one is asked for or danger is spoken of."""
        if not self._may_offer(changes.place or turn.state.place):
            return list(replies)
        asked = any(reply.topic == TOPIC for reply in replies)
        if not asked and (TOPIC in turn.topics or not any(reply.urgent for reply in replies)):
            return list(replies)
        language = changes.language or known_language_of(turn.state)
        offer = self._intake.offer(language, self._settings.now())
        return [*(reply for reply in replies if reply.topic != TOPIC), offer]

    def _may_offer(self, place: str | None) -> bool:
        """People of another region are sent to their own partner by phone."""
        if place is None:
            return True
        return place != SOMEWHERE_ELSE and self._content.places.within(place, self._settings.region)

    def _dangers(self, turn: Turn) -> list[str]:
        return [] if turn.message.button else self._answering.dangers(turn.message.text)

    def _intake_says(self, turn: Turn, language: str, dangers: Sequence[str]) -> Dealt | None:
        """What the questions before a handover say to this message, danger first; None if none of it is theirs."""
        state, message = turn.state, turn.message
        act = (message.button or {}).get("act")
        safety = self._answering.danger_reply(dangers, message.text, language, state.place)
        urgent = safety is not None or any(map(self._content.is_critical, turn.topics))
        said = self._intake.take(turn, act, language, urgent, self._settings.now())
        if said is None:
            return None
        replies = (safety, *said.replies) if safety else said.replies
        return Dealt(replies, Changes(form=said.form), said.act, "system", said.begins)

    def _while_waiting(self, turn: Turn) -> Dealt:
        state, message = turn.state, turn.message
        language = known_language_of(state)
        act = (message.button or {}).get("act")
        if act == "stop_waiting":
            stop = partial(handover.stop_waiting, conversation=state.id, message=message.key)
            return Dealt((self._say(language, "stopped_waiting"),), act=_act(stop))
        if act == "keep_waiting":
            return Dealt((self._say(language, "kept_waiting"),))
        said = self._intake.take_while_waiting(turn, act, language, self._settings.now()) or Said(())
        safety = None if message.button else self._answering.safety_reply(message.text, language, state.place)
        if safety is None:
            return Dealt(said.replies, Changes(form=said.form), said.act)
        urgent = _act(partial(_mark_urgent, conversation=state.id))
        return Dealt((safety, *said.replies), Changes(form=said.form), _both(urgent, said.act))

    def _with_person(self, turn: Turn) -> Dealt:
        """The desk has it. The program says nothing, but shows the counsellor that danger was spoken of."""
        danger = not turn.message.button and self._answering.safety_reply(
            turn.message.text, known_language_of(turn.state)
        )
        return Dealt(act=_act(partial(_mark_urgent, conversation=turn.state.id)) if danger else None)

    def _when_closed(self, turn: Turn) -> Dealt:
        state, message = turn.state, turn.message
        language = known_language_of(state)
        act = (message.button or {}).get("act")
        if act == "back_to_program":
            back = partial(handover.back_to_bot, conversation=state.id, message=message.key)
            return Dealt((self._say(language, "back"),), act=_act(back))
        if act == "ask_again":
            return Dealt((self._intake.offer(language, self._settings.now()),))
        still = self._say(language, "closed_still", "back_to_program", "ask_again")
        if act in ("no", "cancel", *ACTS):
            return Dealt((still,), Changes(form=""))
        dangers = self._dangers(turn)
        dealt = self._intake_says(turn, language, dangers)
        if dealt is not None:
            return dealt
        safety = self._answering.danger_reply(dangers, message.text, language, state.place)
        return Dealt((safety, still) if safety else (still,))

    def _say(self, language: str, name: str, *buttons: str) -> Reply:
        text = self._content.phrase(language, f"handover.{name}")
        return Reply(text, language, "system", acts(self._content, language, buttons))


def _act(work: Callable[[Connection], None]) -> Act:
    def act(connection: Connection) -> Sequence[Reply]:
        work(connection)
        return ()

    return act


def _both(first: Act, second: Act | None) -> Act:
    return lambda connection: [*first(connection), *(second(connection) if second else ())]


def _mark_urgent(connection: Connection, conversation: str) -> None:
    connection.execute(
        tables.handovers.update()
        .where(tables.handovers.c.conversation == conversation, tables.handovers.c.state.in_(["waiting", "person"]))
        .values(urgent=sa.true())
    )
