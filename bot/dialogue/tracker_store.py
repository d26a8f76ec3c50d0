"""A tracker store that forgets: the last turns of a conversation live in memory, for a session, and can be erased.

What must outlast a restart (messages, language, who holds the chat) is in the gateway's store. Keeping the last turns
only makes the thousandth message of a conversation as cheap as the tenth: Rasa replays all it is given.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

#: Bounds on what is remembered: seconds without a message, and conversations in all.
IDLE_SECONDS = 60 * 60
MOST_CONVERSATIONS = 5_000
#: Turns that are remembered; the wording counts messages in a row that were not understood.
_TURNS = 3


class ForgettingTrackerStore(TrackerStore):
    """Events in memory, with an end to everything."""

    def __init__(
        self,
        domain: Domain,
        event_broker: EventBroker | None = None,
        idle_seconds: float = IDLE_SECONDS,
        most_conversations: int = MOST_CONVERSATIONS,
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self._idle_seconds = idle_seconds
        self._most_conversations = most_conversations
        self._events: dict[str, list[Event]] = {}
        #: Conversation id -> when it was last saved, oldest first.
        self._saved_at: dict[str, float] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)
        self._events[tracker.sender_id] = _recent(tracker)
        self._saved_at.pop(tracker.sender_id, None)
        self._saved_at[tracker.sender_id] = time.monotonic()
        self._forget_old()

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        events = self._events.get(sender_id)
        if events is None:
            return None
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        return self._events.keys()

    def erase(self, conversation_id: str) -> None:
        """Forget one conversation now."""
        self._events.pop(conversation_id, None)
        self._saved_at.pop(conversation_id, None)

    def _forget_old(self) -> None:
        horizon = time.monotonic() - self._idle_seconds
        excess = len(self._saved_at) - self._most_conversations
        for position, (conversation_id, saved) in enumerate(list(self._saved_at.items())):
            if position >= excess and saved >= horizon:
                break
            self.erase(conversation_id)


def _recent(tracker: DialogueStateTracker) -> list[Event]:
    """The events of the last turns, after the slots as they are now."""
    events = list(tracker.events)
    turns = [place for place, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) <= _TURNS:
        return events
    # The action_listen before a message belongs to it.
    kept = events[turns[-_TURNS] - 1 :]
    return [*(SlotSet(name, slot.value) for name, slot in tracker.slots.items() if slot.value is not None), *kept]
