"""The questions before a handover: what Moviera is, whether the person wants it, and what the counsellor may know.

Nothing is sent to anybody before the last question is answered. Each question is a reply with buttons; some are
answered in words. How far it has come is kept, encrypted, with the conversation (``form``).
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace

from sqlalchemy.engine import Connection

from bot.answers import formatting
from bot.answers.content import Content
from bot.answers.rendering import general_numbers, render_who_helps
from bot.gateway import handover
from bot.gateway.handover import Details, Kind, acts
from bot.gateway.resume import new_code
from bot.gateway.store import Reply, Turn
from bot.hours import DUTCH_TIME
from bot.languages import OWN_NAMES, known_language
from bot.settings import Settings

TOPIC = "talk_to_human"
_LONGEST_NAME = 40
_DIGITS = re.compile(r"\d")
#: A phone number has at least so many digits.
_FEWEST_DIGITS = 8


@dataclass(frozen=True)
class Form:
    """How far the questions have come. ``step`` is the question that is open."""

    step: str
    kind: Kind = "chat"
    history: bool = False
    topic: str | None = None
    urgent: bool = False
    language: str = ""
    details: Details = field(default_factory=Details)

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str | None) -> Form | None:
        """The form in a conversation, None if no question is open."""
        if not text:
            return None
        raw = json.loads(text)
        return cls(**{**raw, "details": Details(**raw["details"])})


@dataclass(frozen=True)
class Said:
    """What the intake says to a message: replies, the form afterwards ("" when it is over), and what is to be done."""

    replies: tuple[Reply, ...]
    form: str | None = None
    act: Callable[[Connection], Sequence[Reply]] | None = None
    #: A chat begins to wait with this; ``urgent`` or not.
    begins: bool | None = None


def matter_of(content: Content, topics: Sequence[str]) -> str | None:
    """What a chat is about besides a person to talk to; ``topics`` are those of its last replies, newest first."""
    return next((topic for topic in topics if topic != TOPIC and content.is_question(topic)), None)


class Intake:
    """Asks the questions. ``now`` is the clock."""

    def __init__(self, content: Content, settings: Settings, secret_key: str) -> None:
        self._content = content
        self._settings = settings
        self._secret_key = secret_key

    def offer(self, language: str, now: dt.datetime) -> Reply:
        """Who Moviera is, whether somebody is there, and the choice."""
        if self._settings.desk_hours.is_open(now):
            return self._ask(
                language, ("yes", "no", "only_number"), "handover.offer", self._phrase(language, "handover.open_now")
            )
        return self._ask(
            language,
            ("leave_message", "leave_number", "open_numbers", "no"),
            "handover.offer",
            self._closed(language, now),
        )

    def take(self, turn: Turn, act: str | None, language: str, urgent: bool, now: dt.datetime) -> Said | None:
        """What to say to a press of one of our buttons, or to words while a question is open; None if neither.

        ``act`` is what the button does, None for words; ``urgent``: danger was spoken of.
        """
        state = turn.state
        form = Form.load(state.form)
        if act == "yes" and not self._settings.desk_hours.is_open(now):
            # An offer made while somebody was there.
            return Said((self.offer(language, now),), "")
        if act in ("yes", "leave_message", "leave_number"):
            return self._start(act, language, turn.topics, urgent)
        if act == "no":
            return self._given_up("declined", language, turn.topics)
        if act in ("only_number", "open_numbers"):
            return Said((self._numbers(act, language, state.place, now),), "")
        if act == "cancel":
            return self._given_up("cancelled", language, turn.topics)
        if form is None:
            return Said((self.offer(language, now),)) if act is not None else None
        if turn.message.button and act is None:
            # A button of an earlier answer: the person has turned to something else.
            return None
        return self._next(replace(form, urgent=form.urgent or urgent), turn, act, language, now)

    def take_while_waiting(self, turn: Turn, act: str | None, language: str, now: dt.datetime) -> Said | None:
        """The same in line: a number to call can still be left, and numbers asked for; nothing else is a question."""
        form = Form.load(turn.state.form)
        if act == "open_numbers":
            return Said((self._numbers(act, language, turn.state.place, now),))
        if act == "leave_number":
            return self._open(Form("phone", "call", language=language), language)
        if act == "cancel":
            return Said((self._say(language, "handover.kept_waiting"),), "")
        if form is None or turn.message.button:
            return None
        return self._next(form, turn, None, language, now)

    def _start(self, act: str, language: str, topics: Sequence[str], urgent: bool) -> Said:
        kinds: dict[str, Kind] = {"yes": "chat", "leave_message": "message", "leave_number": "call"}
        form = Form("history", kinds[act], topic=matter_of(self._content, topics), urgent=urgent, language=language)
        return self._open(form, language)

    def _given_up(self, how: str, language: str, topics: Sequence[str]) -> Said:
        """No person, then; the chat is on what it was about before."""
        said = self._say(language, f"handover.{how}")
        return Said((replace(said, topic=matter_of(self._content, topics)),), "")

    def _next(self, form: Form, turn: Turn, act: str | None, language: str, now: dt.datetime) -> Said:
        """Take the answer to the open question and ask the next one; ask again what was not understood."""
        details, text = form.details, turn.message.text
        if form.step == "history" and act in ("with_history", "without_history"):
            return self._open(replace(form, step="name", history=act == "with_history"), language)
        if form.step == "name" and act == "no_name":
            return self._open(replace(form, step="safe"), language)
        if form.step == "name" and act is None:
            if len(text) > _LONGEST_NAME:
                return self._open(form, language, "handover.name_too_long")
            return self._open(replace(form, step="safe", details=replace(details, name=text.strip())), language)
        if form.step == "safe" and act in ("safe_always", "safe_when_here", "safe_times"):
            details = replace(details, safe=act.removeprefix("safe_"))
            return self._open(
                replace(form, step="times" if act == "safe_times" else "language", details=details), language
            )
        if form.step == "times" and act is None:
            return self._open(replace(form, step="language", details=replace(details, times=text)), language)
        if form.step == "language" and act is not None and (chosen := known_language(act.removeprefix("language_"))):
            form = replace(form, language=chosen)
            after = {"message": "message", "call": "phone"}.get(form.kind)
            return self._open(replace(form, step=after), chosen) if after else self._finish(form, turn)
        if form.step == "phone" and act is None:
            if len(_DIGITS.findall(text)) < _FEWEST_DIGITS:
                return self._open(form, language, "handover.phone_not_understood")
            return self._open(replace(form, step="call_time", details=replace(details, phone=text)), language)
        if form.step == "call_time" and act is None:
            return self._finish(replace(form, details=replace(details, call_time=text)), turn)
        if form.step == "message" and act is None:
            # The message itself is in the chat; the counsellor reads it there.
            return self._finish(form, turn)
        return self._open(form, language)

    def _open(self, form: Form, language: str, first: str | None = None) -> Said:
        """Ask the question of a form."""
        buttons: dict[str, tuple[str, ...]] = {
            "history": ("with_history", "without_history"),
            "name": ("no_name",),
            "safe": ("safe_always", "safe_when_here", "safe_times"),
        }
        questions = {"history": "ask_history", "name": "ask_name", "safe": "ask_safe", "times": "ask_times",
                     "language": "ask_language", "phone": "ask_phone", "call_time": "ask_call_time",
                     "message": "ask_message"}  # fmt: skip
        reply = self._ask(
            language, (*buttons.get(form.step, ()), "cancel"), first or f"handover.{questions[form.step]}"
        )
        if form.step == "language":
            languages = tuple((name, {"act": f"language_{code}"}) for code, name in OWN_NAMES.items())
            reply = replace(reply, buttons=(*languages, *reply.buttons))
        return Said((reply,), form.dump())

    def _finish(self, form: Form, turn: Turn) -> Said:
        """Put the chat in line, or add to what is known of one that is."""
        language, state = form.language, turn.state
        phrases = {"message": "handover.waiting_closed", "call": "handover.waiting_call"}
        phrase = phrases.get(form.kind, "handover.waiting")
        waiting = Reply(
            self._phrase(language, phrase), language, "system", acts(self._content, language, ("stop_waiting",))
        )

        def act(connection: Connection) -> Sequence[Reply]:
            if state.holder == "waiting":
                handover.add_call(connection, state.id, form.details)
                return [waiting]
            # A message left is itself what the counsellor is to read.
            since = 0 if form.history else turn.message.key - (form.kind == "message")
            handover.begin(
                connection, state.id, form.kind, form.details, since, form.topic, form.urgent, language
            )  # fmt: skip
            if state.channel != "web":
                return [waiting]
            code = new_code(connection, state.id, self._secret_key)
            return [waiting, replace(self._say(language, "handover.resume_code", code=code), private=True)]

        return Said((), "", act, begins=None if state.holder == "waiting" else form.urgent)

    def _numbers(self, act: str, language: str, place: str | None, now: dt.datetime) -> Reply:
        """The number of the human partner for this person, or all that answer."""
        if act == "only_number":
            message = render_who_helps(self._content, TOPIC, language, place, self._settings.region, now)
            if message is not None:
                buttons = tuple((button.title, button.payload) for button in message.buttons)
                return Reply(message.text, language, "system", buttons, TOPIC)
        return Reply(general_numbers(self._content, language, place, now), language, "system")

    def _closed(self, language: str, now: dt.datetime) -> str:
        opens = self._settings.desk_hours.opens_next(now)
        if opens is None:
            return ""
        time = formatting.time(opens.time(), language)
        if opens.date() == now.astimezone(DUTCH_TIME).date():
            return self._phrase(language, "handover.closed_today", time=time)
        return self._phrase(
            language, "handover.closed_until", day=formatting.weekday(opens.date(), language), time=time
        )

    def _ask(self, language: str, buttons: Sequence[str], phrase_id: str, more: str = "") -> Reply:
        text = "\n\n".join(filter(None, [self._phrase(language, phrase_id), more]))
        return Reply(text, language, "system", acts(self._content, language, buttons), TOPIC)

    def _say(self, language: str, phrase_id: str, /, **values: str) -> Reply:
        return Reply(self._phrase(language, phrase_id, **values), language, "system")

    def _phrase(self, language: str, phrase_id: str, /, **values: str) -> str:
        return self._content.phrase(language, phrase_id, **values)
