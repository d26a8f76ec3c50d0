"""A tracker store that forgets: conversations live in memory, for a session, and can be erased.

What must outlast a restart (messages, language, who holds the chat) is in the gateway's store.
"""

from __future__ import annotations

import time
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

#: Bounds on what is remembered: seconds without a message, and conversations in all.
IDLE_SECONDS = 60 * 60
MOST_CONVERSATIONS = 5_000


class ForgettingTrackerStore(InMemoryTrackerStore):
    """Rasa's in-memory store with an end to everything in it."""

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
        #: Conversation id -> when it was last saved, oldest first.
        self._saved_at: dict[str, float] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        await super().save(tracker)
        self._saved_at.pop(tracker.sender_id, None)
        self._saved_at[tracker.sender_id] = time.monotonic()
        self._forget_old()

    def erase(self, conversation_id: str) -> None:
        """Forget one conversation now."""
        self.store.pop(conversation_id, None)
        self._saved_at.pop(conversation_id, None)

    def _forget_old(self) -> None:
        horizon = time.monotonic() - self._idle_seconds
        excess = len(self._saved_at) - self._most_conversations
        for position, (conversation_id, saved) in enumerate(list(self._saved_at.items())):
            if position >= excess and saved >= horizon:
                break
            self.erase(conversation_id)
