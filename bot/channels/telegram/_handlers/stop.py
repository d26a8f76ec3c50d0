"""``/stop``: nothing more is sent until the person writes again."""

from __future__ import annotations

from telegram import Update

from bot.channels.telegram._context import Context
from bot.channels.telegram._handlers._command import as_written, is_command


def matches(update: Update) -> bool:
    return is_command(update, "stop")


async def handle(update: Update, context: Context) -> None:
    visit = context.visit(update)
    if visit is None:
        return
    state = await context.store.conversation(visit.conversation)
    if state is not None and state.holder == "waiting":
        await context.take(visit, text="/stop", payload={"act": "stop_waiting"})
    elif state is not None and state.holder == "person":
        # The counsellor decides; nothing that they have said may be lost.
        await context.take(visit, text="/stop")
    else:
        # Who waits for a person leaves the line with it; a person at the desk sees it.
        leaves = {**as_written(update), "payload": {"act": "stop_waiting"}, "silences": True}
        stopped = await context.phrase(visit, "telegram.stopped")
        await context.say_unless_held(visit, stopped, instead=leaves, silences=True)
