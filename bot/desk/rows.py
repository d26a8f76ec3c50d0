"""Chats as the desk's pages get them: rows of the queue, and a chat with its talk and notes."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from babel import Locale

from bot.answers.content import Content
from bot.answers.places import SOMEWHERE_ELSE
from bot.desk.looks import Mark
from bot.gateway.handover import Handover, Line, Note
from bot.languages import BABEL_LOCALES

Json = dict[str, Any]


#: What is said in a chat around a handover.
_NOTICES = "handover."
_BLANK = re.compile(r"{(\w+)}")


@dataclass(frozen=True)
class Viewer:
    """The counsellor who looks, and the language of their pages."""

    account: str
    language: str


class Rows:
    """Puts what is known of a chat into the words of whoever looks at it."""

    def __init__(self, content: Content, region: str) -> None:
        """``region``: that of the human partner, an id in ``data/places.yml``."""
        self._content = content
        self._region = region

    def row(self, found: Handover, mark: Mark, viewer: Viewer, now: dt.datetime) -> Json:
        """A chat in the queue. ``waiting`` is in seconds, None unless it waits."""
        is_mine = found.state == "person" and found.assignee == viewer.account
        waited = max(0, int((now - found.asked_at).total_seconds()))
        details = found.details
        return {
            "id": found.id,
            "state": found.state,
            "kind": found.kind,
            "waiting": waited if found.state == "waiting" else None,
            "asked_at": found.asked_at.isoformat(),
            "ended_at": found.ended_at.isoformat() if found.ended_at else None,
            "language": found.language,
            "language_name": language_name(found.language, viewer.language),
            "topic": self._content.title(found.topic, viewer.language)
            if found.topic in self._content.answers
            else None,
            "urgent": found.urgent,
            "place": self._place(found.place, viewer.language),
            "in_region": found.place is not None
            and found.place != SOMEWHERE_ELSE
            and self._content.places.within(found.place, self._region),
            "channel": found.channel,
            "name": details.name,
            "safe": details.safe,
            "times": details.times,
            # Who has not taken the chat need not know how to reach the person.
            "phone": details.phone if is_mine else "",
            "call_time": details.call_time if is_mine else "",
            "assignee": found.assignee,
            "mine": is_mine,
            "outcome": found.outcome,
            "unread": mark.unread,
            "version": mark.version,
        }

    def talk(self, found: Handover, lines: list[Line], viewer: Viewer) -> list[Json]:
        """What was said, oldest first. ``from``: you (the person who asks for help), bot, person or system."""
        is_mine = found.state == "person" and found.assignee == viewer.account
        hidden = {text for text in (found.details.phone, found.details.call_time) if text and not is_mine}
        return [self._line(found, line, line.sender == "you" and line.text in hidden, viewer) for line in lines]

    def notes(self, notes: list[Note]) -> list[Json]:
        """Notes of counsellors, oldest first."""
        return [{"author": note.author, "text": note.text, "at": note.at.isoformat()} for note in notes]

    def _line(self, found: Handover, line: Line, is_hidden: bool, viewer: Viewer) -> Json:
        text = self._content.desk_phrase(viewer.language, "desk.hidden") if is_hidden else line.text
        return {
            "from": line.sender,
            "text": text,
            "language": viewer.language if is_hidden else line.language or found.language,
            "at": line.at.isoformat() if line.at else None,
            "original": line.original,
            "meaning": self._meaning(line, viewer),
            "machine": line.machine,
            "delivered": line.delivered,
            "hidden": is_hidden,
        }

    def _meaning(self, line: Line, viewer: Viewer) -> str | None:
        """What a notice in the person's language says, in the language of the page."""
        if line.sender != "system" or line.language in (None, viewer.language):
            return None
        for phrase_id in self._content.interface:
            if phrase_id.startswith(_NOTICES):
                template = self._content.phrase(line.language, phrase_id)
                # Names and hours stay as they are.
                found = re.fullmatch(_BLANK.sub(r"(?P<\1>.+)", _escaped(template)), line.text)
                if found:
                    return self._content.phrase(viewer.language, phrase_id, **found.groupdict())
        return None

    def _place(self, place: str | None, language: str) -> str | None:
        if place == SOMEWHERE_ELSE:
            return self._content.desk_phrase(language, "desk.elsewhere")
        if place in self._content.places.regions:
            return self._content.desk_phrase(language, "desk.town_not_said")
        return place


def _escaped(template: str) -> str:
    """A template as part of a pattern, with its blanks as they are."""
    return re.sub(r"[^\w{}]", lambda found: re.escape(found[0]), template)


def language_name(code: str, language: str) -> str:
    """What a language is called in another one (``Polish``)."""
    return str(Locale.parse(BABEL_LOCALES[language]).languages[code])
