"""What Telegram shows of the bot before and beside a chat: its commands and who it is, in every language."""

from __future__ import annotations

from telegram import BotCommand, BotCommandScopeAllPrivateChats
from telegram.ext import ExtBot

from bot.answers.content import Content
from bot.languages import LANGUAGES, SOURCE_LANGUAGE

COMMANDS = ("start", "language", "menu", "human", "privacy", "forget", "stop")


async def introduce(bot: ExtBot[int], content: Content) -> None:
    """Set commands and descriptions where they are not yet as they should be; English is for all other languages.

    Raises:
        TelegramError: Telegram did not take it.
    """
    for code in ("", *LANGUAGES):
        language = code or SOURCE_LANGUAGE
        await _set_commands(bot, content, language, code)
        about, short = content.phrase(language, "telegram.about"), content.phrase(language, "telegram.about_short")
        if (await bot.get_my_description(code)).description != about:
            await bot.set_my_description(about, code)
        if (await bot.get_my_short_description(code)).short_description != short:
            await bot.set_my_short_description(short, code)


async def _set_commands(bot: ExtBot[int], content: Content, language: str, code: str) -> None:
    wanted = [BotCommand(name, content.phrase(language, f"telegram.command.{name}")) for name in COMMANDS]
    scope = BotCommandScopeAllPrivateChats()
    if list(await bot.get_my_commands(scope, code)) != wanted:
        await bot.set_my_commands(wanted, scope, code)
