"""Who to call when the chat cannot be used: without JavaScript, without a connection, without us."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from bot.answers.catalogue import ANSWERS
from bot.answers.content import Content
from bot.answers.rendering import GENERAL_SERVICES


@dataclass(frozen=True)
class Helpline:
    """An organisation as somebody reads it in one language. ``caution`` says that its number must be checked."""

    name: str
    does: str
    phones: tuple[str, ...]
    url: str | None
    caution: str


def helplines(content: Content, language: str) -> list[Helpline]:
    """The organisations that help whatever the question is, most urgent first."""
    services = [content.service(service_id) for service_id in GENERAL_SERVICES]
    instead = {service.elsewhere for service in services}
    found = []
    for service in services:
        contact = content.service(service.via) if service.via else service
        does = content.catalogues.translate(ANSWERS, f"service {service.id}", service.does, language)
        where = "help.elsewhere" if service.id in instead else f"help.region_{service.region}"
        if where in content.interface:
            does += f" ({content.phrase(language, where)})"
        found.append(
            Helpline(
                service.name,
                does,
                tuple(phone for phone in (contact.phone, contact.phone_alternative) if phone),
                service.url_en if service.url_en and language != "nl" else contact.url,
                content.phrase(language, "help.check_number") if contact.show == "after_check" else "",
            )
        )
    return found


def as_text(content: Content, language: str) -> str:
    """Those with a phone number, as a message of the chat."""
    return "\n\n".join(_lines(helpline) for helpline in helplines(content, language) if helpline.phones)


def as_markup(content: Content, language: str) -> str:
    """All of them, as a list with numbers that can be tapped."""
    return '<ul class="helplines">\n' + "\n".join(map(_item, helplines(content, language))) + "\n</ul>"


def _lines(helpline: Helpline) -> str:
    caution = f" ({helpline.caution})" if helpline.caution else ""
    return f"{helpline.name}: {helpline.does}\n☎ {' / '.join(helpline.phones)}{caution}"


def _item(helpline: Helpline) -> str:
    calls = [f'<a class="call" href="tel:{_dialled(phone)}">☎ {escape(phone)}</a>' for phone in helpline.phones]
    url = escape(helpline.url or "")
    website = [f'<a href="{url}" rel="noreferrer">{url.removeprefix("https://")}</a>'] if url else []
    if helpline.caution and calls:
        # Nobody has confirmed the number lately: the website comes first.
        ways = [*website, *calls, f"<small>{escape(helpline.caution)}</small>"]
    else:
        ways = [*calls, *website]
    return f"<li><b>{escape(helpline.name)}</b>: {escape(helpline.does)}<p>{' '.join(ways)}</p></li>"


def _dialled(phone: str) -> str:
    return re.sub("[^+0-9]", "", phone)
