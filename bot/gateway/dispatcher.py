"""Answers messages: in order within a conversation, many conversations at once, each message exactly once."""

from __future__ import annotations

import asyncio
import logging
import time

from bot.gateway.handover import WrongStep
from bot.gateway.hub import Hub
from bot.gateway.metrics import Metrics
from bot.gateway.sealing import Unreadable
from bot.gateway.store import Changes, Store, StoreUnavailable
from bot.gateway.turns import Dealt, Turns

_logger = logging.getLogger(__name__)

#: Seconds before a message is tried again when something failed in the middle of it.
_RETRY_SECONDS = 2.0


class Dispatcher:
    """Works off stored messages; one task for each conversation that has some."""

    def __init__(self, store: Store, hub: Hub, turns: Turns, metrics: Metrics) -> None:
        self._store = store
        self._hub = hub
        self._turns = turns
        self._metrics = metrics
        self._tasks: dict[str, asyncio.Task[None]] = {}
        #: Conversations that got a message while their task was busy.
        self._again: set[str] = set()

    async def start(self) -> None:
        """Take up what a stop or a crash left unanswered."""
        for conversation in await self._store.waiting_conversations():
            self.wake(conversation)

    async def stop(self) -> None:
        """End all work; unanswered messages stay in the store for the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake(self, conversation: str) -> None:
        """See to it that the conversation's unanswered messages are answered."""
        if conversation in self._tasks:
            self._again.add(conversation)
            return
        task = asyncio.create_task(self._work(conversation))
        self._tasks[conversation] = task

    async def _work(self, conversation: str) -> None:
        try:
            while True:
                self._again.discard(conversation)
                try:
                    while await self._answer_next(conversation):
                        pass
                except StoreUnavailable as error:
                    self._metrics.failed("store")
                    _logger.error("Store unavailable (%s); trying again", error)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                except Exception as error:  # one conversation's fault must not stop the others, nor lose its messages
                    self._metrics.failed("gateway")
                    _logger.error("Dispatcher: %s; trying again", type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                if conversation not in self._again:
                    return
        finally:
            self._tasks.pop(conversation, None)

    async def _answer_next(self, conversation: str) -> bool:
        """Deal with the oldest message that waits; False if no other waits."""
        try:
            turn = await self._store.turn(conversation)
        except Unreadable:
            await self._turns.cannot_read(conversation)
            self._hub.notify(conversation)
            return True
        if turn is None:
            return False
        started = time.monotonic()
        dealt = await self._turns.deal(turn)
        changes, act = self._turns.counted(turn, dealt)
        try:
            stored = await self._store.answer(turn.message, dealt.replies, changes, turn.state.holder, act)
        except WrongStep:
            # What the button asks for cannot happen any more. If the chat has moved, the message is looked at again.
            dealt = Dealt()
            stored = await self._store.answer(turn.message, (), Changes(), turn.state.holder)
        if stored == "stored":
            # A chat held by a person is in no figure.
            if turn.state.holder != "person" and (dealt.replies or dealt.act):
                self._metrics.answered(turn.state.channel, dealt.outcome, time.monotonic() - started)
            await self._turns.after(turn, dealt)
            self._hub.notify(conversation)
            return turn.more
        if stored == "gone":
            # Erased while Rasa was thinking: what it just remembered must go too.
            await self._turns.forget(conversation)
            return False
        return True
