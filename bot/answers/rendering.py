"""From content to the text a person reads: answers, lists of helpers, fallbacks, buttons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.answers import formatting
from bot.answers.catalogue import ANSWERS
from bot.answers.content import PLACEHOLDER, Answer, Content, placeholders
from bot.answers.facts import Fact, State
from bot.answers.places import SOMEWHERE_ELSE
from bot.answers.services import Service
from bot.hours import DUTCH_TIME
from bot.languages import OWN_NAMES

#: Numbers that fit when nothing is known about the question, most urgent first.
GENERAL_SERVICES = ("emergency_112", "fairwork", "moviera", "comensha", "meld_misdaad_anoniem", "workinnl")

#: Topics shown when somebody asks for the menu or is not understood.
MENU_TOPICS = (
    "unpaid_wages", "minimum_wage", "rent_deduction", "housing_after_job_loss", "sick_leave", "dismissal",
    "documents_taken", "recognise_exploitation", "report_anonymously", "talk_to_human",
)  # fmt: skip


#: From this long on the name of a weekday could be understood as that of a day before.
_WEEK = dt.timedelta(days=7)

#: Parts of an answer (aspects of a follow-up) after which no list of organisations comes.
WITHOUT_HELPERS = frozenset({"amount", "time", "law"})


@dataclass(frozen=True)
class Button:
    """A choice offered with a message: what it says, and what it asks Rasa for."""

    title: str
    payload: dict[str, str]


@dataclass(frozen=True)
class Message:
    """One message to a person. ``urgent`` marks safety first; ``topic`` is a topic id. Nothing is offered twice."""

    text: str
    language: str
    buttons: list[Button] = field(default_factory=list)
    topic: str | None = None
    urgent: bool = False

    def __post_init__(self) -> None:
        different: list[Button] = []
        for button in self.buttons:
            if all(button.payload != other.payload for other in different):
                different.append(button)
        object.__setattr__(self, "buttons", different)


def topic_button(content: Content, topic_id: str, language: str) -> Button:
    """Asks a topic."""
    return Button(content.title(topic_id, language), {"intent": content.topics[topic_id].intent})


def human_button(content: Content, language: str) -> Button:
    """Asks for a person."""
    return Button(content.phrase(language, "button.human"), {"intent": "contacts/talk_to_human"})


def menu_button(content: Content, language: str) -> Button:
    """Asks for the menu."""
    return Button(content.phrase(language, "button.menu"), {"intent": "dialogue/what_can_you_do"})


def language_buttons() -> list[Button]:
    """One button for each language, in its own name."""
    return [
        Button(name, {"intent": "dialogue/change_language", "wanted_language": code})
        for code, name in OWN_NAMES.items()
    ]


def render_answer(content: Content, topic_id: str, language: str, today: dt.date, simpler: bool = False) -> Message:
    """A topic's answer as it holds on a day, with its notices, sources, date and follow-up buttons."""
    answer = content.answers[topic_id]
    context, source_text = answer.topic.intent, answer.text
    if simpler:
        context, source_text = f"{context} simpler", answer.simpler
    text = content.catalogues.translate(ANSWERS, context, source_text, language)
    used = [content.fact(fact_id) for fact_id in dict.fromkeys([*placeholders(source_text), *answer.facts])]
    parts = [
        fill(content, text, language, today),
        *notices(content, answer, used, language, today),
        provenance(content, answer, language, today),
    ]
    return Message(
        text="\n\n".join(part for part in parts if part),
        language=language,
        buttons=_follow_ups(content, answer, language, simpler),
        topic=topic_id,
        urgent=answer.topic.urgency == "critical",
    )


def fill(content: Content, text: str, language: str, today: dt.date) -> str:
    """A text with the values of its facts as they are on a day."""

    def value(fact: Fact) -> str:
        if fact.state(today) in ("expired", "hidden"):
            return content.phrase(language, "answer.amount_changed")
        return formatting.fact_value(fact.kind, fact.period(today).value, language)

    return formatting.agreed(PLACEHOLDER.sub(lambda match: value(content.fact(match.group(1))), text), language)


#: The notice each state of a fact calls for, the gravest first.
_NOTICES: tuple[tuple[State, str], ...] = (
    ("hidden", "answer.hidden"),
    ("expired", "answer.expired"),
    ("announced", "answer.announced"),
    ("review_due", "answer.review_due"),
)


def notices(content: Content, answer: Answer, facts: list[Fact], language: str, today: dt.date) -> list[str]:
    """What must be said about facts that are old, new or uncertain."""
    found = []
    for state, phrase_id in _NOTICES:
        fact = next((fact for fact in facts if fact.state(today) == state), None)
        if fact is None:
            continue
        period = fact.period(today)
        day = {"expired": period.valid_until, "announced": period.valid_from, "review_due": period.review_by}.get(state)
        found.append(
            content.phrase(
                language,
                phrase_id,
                date=formatting.date(day, language) if day else "",
                url=fact.source.url or "",
            )
        )
    if answer.review_by < today and not found:
        url = next((source.url for source in content.sources(answer) if source.url), "")
        found.append(
            content.phrase(language, "answer.review_due", date=formatting.date(answer.review_by, language), url=url)
        )
    if any(fact.show == "with_caution" for fact in facts):
        found.append(content.phrase(language, "answer.caution"))
    return found


def provenance(content: Content, answer: Answer, language: str, today: dt.date) -> str:
    """Where an answer comes from, since when it holds and when it was checked."""
    sources = [source for source in content.sources(answer) if source.url][:2]
    if not sources:
        return ""
    names = ", ".join(f"{source.name} ({source.url})" for source in sources)
    starts = [
        period.valid_from
        for period in (content.fact(fact_id).period(today) for fact_id in answer.fact_ids())
        if period.valid_from is not None and period.holds(today)
    ]
    checked = formatting.date(content.facts.checked_on(answer.fact_ids()), language)
    if starts:
        dated = content.phrase(
            language, "answer.valid_from", date=formatting.date(max(starts), language), checked=checked
        )
    else:
        dated = content.phrase(language, "answer.checked", checked=checked)
    return content.phrase(language, "answer.source", source=names) + "\n" + dated


def _follow_ups(content: Content, answer: Answer, language: str, simpler: bool) -> list[Button]:
    if answer.topic.id == "change_language":
        return language_buttons()
    if answer.topic.id in ("what_can_you_do", "greet"):
        return menu(content, language)
    wants_human = answer.topic.urgency != "info" and answer.topic.id != "talk_to_human"
    buttons = [topic_button(content, topic, language) for topic in answer.related if topic != "talk_to_human"][:3]
    if wants_human:
        buttons.insert(0, human_button(content, language))
    if not simpler and answer.topic.section != "dialogue":
        buttons.append(
            Button(
                content.phrase(language, "button.simpler"),
                {"intent": "dialogue/say_it_simpler", "topic": answer.topic.id},
            )
        )
    return buttons


def menu(content: Content, language: str) -> list[Button]:
    """The topics most asked for, as buttons."""
    return [topic_button(content, topic_id, language) for topic_id in MENU_TOPICS]


def tailor(
    content: Content, service_ids: Iterable[str], language: str, place: str | None, moment: dt.datetime
) -> list[Service]:
    """The organisations for one person: of their region, their language first, open ones first.

    A person from outside a service's region gets the one named as ``elsewhere`` instead; when the place is
    not known both are there. The order of ``service_ids`` (best first) holds within these groups, and 112 stays first.
    """
    chosen: list[Service] = []
    for service_id in service_ids:
        service = content.service(service_id)
        if service.for_language and service.for_language != language:
            continue
        if service.region is None or service.elsewhere is None:
            chosen.append(service)
        elif place is None:
            chosen += [service, content.service(service.elsewhere)]
        elif place != SOMEWHERE_ELSE and content.places.within(place, service.region):
            chosen.append(service)
        else:
            chosen.append(content.service(service.elsewhere))
    unique = list(dict.fromkeys(chosen))

    def rank(service: Service) -> tuple[bool, bool, bool]:
        speaks = not service.languages or language in service.languages
        return (service.id != "emergency_112", service.is_open(moment) is False, not speaks)

    return sorted(unique, key=rank)


def render_helpers(
    content: Content,
    services: Sequence[Service],
    language: str,
    moment: dt.datetime,
    place_known: bool,
    title: str = "help.title",
) -> str:
    """The list of organisations with number, hours, languages and what they do."""
    lines = [content.phrase(language, title)]
    for service in services:
        alternative = not place_known and any(other.elsewhere == service.id for other in services)
        lines.append(render_helper(content, service, language, moment, place_known, alternative))
    return "\n\n".join(lines)


def render_helper(
    content: Content, service: Service, language: str, moment: dt.datetime, place_known: bool, alternative: bool = False
) -> str:
    """One organisation in such a list. ``alternative``: it is the one for people who live elsewhere."""
    does = content.catalogues.translate(ANSWERS, f"service {service.id}", service.does, language)
    head = f"{service.name}: {does}"
    region_note = f"help.region_{service.region}"
    if not place_known and not service.via and region_note in content.interface:
        head += f" ({content.phrase(language, region_note)})"
    if alternative:
        head += f" ({content.phrase(language, 'help.elsewhere')})"
    lines = [head]
    url = service.url_en if service.url_en and language != "nl" else service.url
    if service.via:
        through = content.service(service.via)
        lines.append(content.phrase(language, "help.through", name=through.name))
        service_contact: Service = through
        url = through.url
    else:
        service_contact = service
    phones = " / ".join(phone for phone in (service_contact.phone, service_contact.phone_alternative) if phone)
    if service_contact.show == "after_check":
        # The website comes first: nobody has confirmed the number lately.
        lines.append(url or "")
        if phones:
            lines.append(f"☎ {phones} ({content.phrase(language, 'help.check_number')})")
    else:
        lines += [f"☎ {phones}"] if phones else []
        lines.append(url or "")
    if service_contact.email:
        lines.append(f"✉ {service_contact.email}")
    remarks = _remarks(content, service, language, moment)
    if remarks:
        lines.append(", ".join(remarks))
    return "\n".join(line for line in lines if line)


def _remarks(content: Content, service: Service, language: str, moment: dt.datetime) -> list[str]:
    remarks = []
    if service.always:
        remarks.append(content.phrase(language, "help.always"))
    elif service.hours is not None:
        remarks.append(_opening(content, service, language, moment))
    if service.free:
        remarks.append(content.phrase(language, "help.free"))
    if service.anonymous:
        remarks.append(content.phrase(language, "help.anonymous"))
    spoken = [OWN_NAMES[code] for code in service.languages if code in OWN_NAMES]
    if spoken and not service.for_language:
        remarks.append(content.phrase(language, "help.languages", languages=", ".join(spoken)))
    return remarks


def _opening(content: Content, service: Service, language: str, moment: dt.datetime) -> str:
    if service.hours is None or service.hours.is_open(moment):
        return content.phrase(language, "help.open_now")
    opens = service.hours.opens_next(moment)
    if opens is None:
        return content.phrase(language, "help.closed_now")
    clock = formatting.time(opens.time(), language)
    if opens.date() == moment.astimezone(DUTCH_TIME).date():
        return content.phrase(language, "help.opens_today", time=clock)
    if opens.date() - moment.astimezone(DUTCH_TIME).date() < _WEEK:
        return content.phrase(language, "help.opens_day", day=formatting.weekday(opens.date(), language), time=clock)
    return content.phrase(language, "help.opens_date", date=formatting.date(opens.date(), language), time=clock)


def render_who_helps(
    content: Content, topic_id: str, language: str, place: str | None, region: str, moment: dt.datetime
) -> Message | None:
    """Who helps with a topic; asks where the person lives when that decides it. None if nobody is named for it.

    ``region`` is the one of the human partner.
    """
    service_ids = content.answers[topic_id].services
    if not service_ids:
        return None
    services = tailor(content, service_ids, language, place, moment)
    text = render_helpers(content, services, language, moment, place is not None)
    buttons: list[Button] = []
    if place is None and any(content.service(service_id).region for service_id in service_ids):
        text += "\n\n" + content.phrase(language, "help.where_do_you_live")
        buttons = [
            Button(content.phrase(language, "button.in_region"), {"intent": "inform_place", "place": region}),
            Button(content.phrase(language, "button.elsewhere"), {"intent": "inform_place", "place": SOMEWHERE_ELSE}),
        ]
    return Message(text, language, buttons, topic_id)


def general_numbers(content: Content, language: str, place: str | None, moment: dt.datetime) -> str:
    """Numbers that help whatever the question was."""
    services = tailor(content, GENERAL_SERVICES, language, place, moment)
    return render_helpers(content, services, language, moment, place is not None, "help.title_general")


def render_not_understood(
    content: Content, candidates: Sequence[str], language: str, again: bool, place: str | None, moment: dt.datetime
) -> Message:
    """The reply to a message that was not understood: up to three "did you mean" buttons, the menu and a person.

    The second time in a row (``again``) a person and the phone list come first.
    """
    buttons = [topic_button(content, topic_id, language) for topic_id in candidates[:3]]
    if again:
        text = content.phrase(language, "ask.twice") + "\n\n" + general_numbers(content, language, place, moment)
        buttons = [human_button(content, language), *buttons, menu_button(content, language)]
    else:
        text = content.phrase(language, "ask.did_you_mean" if buttons else "ask.rephrase")
        buttons += [menu_button(content, language), human_button(content, language)]
    return Message(text, language, buttons)


def render_out_of_scope(
    content: Content, language: str, again: bool, place: str | None, moment: dt.datetime
) -> Message:
    """The reply to a message about something else."""
    text = content.phrase(language, "ask.out_of_scope")
    if again:
        text += "\n\n" + general_numbers(content, language, place, moment)
    return Message(text, language, [menu_button(content, language), human_button(content, language)])


def render_down(content: Content, language: str, topic_id: str | None, place: str | None, now: dt.datetime) -> Message:
    """The reply while Rasa cannot answer. A message that shows danger still gets that topic's answer."""
    if topic_id is not None:
        answer = render_answer(content, topic_id, language, now.astimezone(DUTCH_TIME).date())
        helpers = tailor(content, content.answers[topic_id].services, language, place, now)
        text = answer.text + "\n\n" + render_helpers(content, helpers, language, now, place is not None)
        return Message(text, language, [], topic_id, urgent=True)
    text = content.phrase(language, "down.apology") + "\n\n" + general_numbers(content, language, place, now)
    return Message(text, language)


def render_safety(
    content: Content,
    topic_id: str,
    language: str,
    now: dt.datetime,
    place: str | None,
    asked: Iterable[str] = (),
) -> Message:
    """What a message that shows danger gets when its answer would not deal with it.

    ``asked`` are the topics the message is about beside the danger; they are offered as buttons.
    """
    others = [topic for topic in dict.fromkeys(asked) if topic != topic_id][:2]
    text = "\n\n".join(
        [
            content.phrase(language, "safety.danger"),
            render_answer(content, topic_id, language, now.astimezone(DUTCH_TIME).date(), simpler=True).text,
            render_helpers(
                content,
                tailor(content, content.answers[topic_id].services, language, place, now),
                language,
                now,
                place is not None,
            ),
            also(content, others, language),
        ]
    ).strip()
    buttons = [human_button(content, language), topic_button(content, topic_id, language)]
    buttons += [topic_button(content, other, language) for other in others]
    return Message(text, language, buttons, topic_id, urgent=True)


def also(content: Content, topic_ids: Sequence[str], language: str) -> str:
    """The line that offers what else a message was about, or nothing."""
    if not topic_ids:
        return ""
    return content.phrase(language, "also.offer", topics=", ".join(content.title(one, language) for one in topic_ids))
