"""People ask, in five languages, and the trained assistant answers."""

from __future__ import annotations

import pytest

from bot.gateway.rasa_client import RasaClient
from tests.system.chat import chatting, everything, topics
from tests.system.conftest import System
from tests.system.telegram import rasa_of

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("language", "text", "topic", "fragment"),
    [
        ("pl", "jaka jest teraz minimalna stawka godzinowa brutto", "minimum_wage", "14,99\xa0€"),
        ("ro", "cat imi pot retine maxim din salariu pentru chirie", "rent_deduction", "25\xa0%"),
        ("bg", "колко е минималната заплата на час", "minimum_wage", "14,99 евро"),
        ("bg", "kolko e minimalnata zaplata na chas", "minimum_wage", "14,99 евро"),
        ("en", "how much is the minimum wage per hour", "minimum_wage", "€14.99"),
        ("nl", "hoe kan ik anoniem melden wat mijn baas doet", "report_anonymously", "0800-7000"),
        ("en", "I want to talk to a real person", "talk_to_human", "Moviera"),
        ("nl", "hoeveel borg mag de verhuurder vragen", "deposit", "2 maanden"),
        ("pl", "szef nie zapłacił mi za październik", "unpaid_wages", "FairWork"),
    ],
)
async def test_a_question_is_answered_in_its_language(
    system: System, language: str, text: str, topic: str, fragment: str
) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say(text)
    assert topic in topics(said)
    assert {event["language"] for event in said} == {language}
    # The offer of a person is a notice of the system.
    assert {event["from"] for event in said} <= {"bot", "system"}
    assert fragment in everything(said)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("shefyt mi vze pasporta", "bg"),
        ("szef zabrał mi paszport i nie oddaje", "pl"),
        ("mi-au luat pasaportul", "ro"),
        ("my boss keeps my passport", "en"),
        ("mijn baas heeft mijn paspoort afgepakt", "nl"),
    ],
)
async def test_documents_taken_puts_safety_first(system: System, text: str, language: str) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say(text)
    assert topics(said)[0] == "documents_taken"
    assert said[0]["urgent"] is True
    assert said[0]["language"] == language
    assert "112" in said[0]["text"].split("\n\n")[0]
    assert "Moviera" in everything(said)


async def test_dutch_jargon_from_a_polish_speaker_stays_polish(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("Dzień dobry, mam pytanie o pracę w Holandii")
        said = await chat.say("Vakantiegeld?")
    assert topics(said)[0] == "holiday_allowance"
    assert said[0]["language"] == "pl"


async def test_the_language_changes_by_words_and_then_stays(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("hello, I have a question about my payslip")
        said = await chat.say("po polsku proszę")
        assert said[0]["language"] == "pl"
        # An explicit choice wins over the language of what is written.
        said = await chat.say("I did not get my payslip this month")
        assert {event["language"] for event in said} == {"pl"}
        assert "payslip" in topics(said)


async def test_the_language_changes_by_the_control(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("hello")
        response = await chat.session.patch(
            f"{chat.url}/api/conversations", json={"language": "ro"}, headers=chat.headers
        )
        assert response.status == 200
        confirmed = await chat.hear()
        assert confirmed[0]["language"] == "ro"
        said = await chat.say("what is the minimum wage")
    assert {event["language"] for event in said} == {"ro"}


async def test_a_language_chosen_before_the_first_message_wins(system: System) -> None:
    async with chatting(system.url, language="bg", explicit=True) as chat:
        said = await chat.say("what is the minimum wage per hour")
    assert {event["language"] for event in said} == {"bg"}


async def test_somebody_outside_the_region_gets_comensha(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("my boss took my passport")
        assert "CoMensha" in everything(said)
        said = await chat.say("I live in Rotterdam")
    assert "Rotterdam" in said[0]["text"]
    assert "CoMensha" in everything(said)
    assert "Moviera:" not in everything(said)


async def test_somebody_in_the_region_gets_moviera_by_a_button(system: System) -> None:
    async with chatting(system.url, language="en") as chat:
        said = await chat.say("my boss took my passport")
        said = await chat.press(said, "I live in this region")
    assert "Moviera:" in everything(said)
    assert "CoMensha:" not in everything(said)


async def test_not_understood_asks_back_and_then_offers_a_person(system: System) -> None:
    async with chatting(system.url, language="en") as chat:
        first = await chat.say("blorf zint quapple")
        assert 2 <= len(first[0]["buttons"]) <= 5
        assert any("person" in button["title"] for button in first[0]["buttons"])
        second = await chat.say("wuggle frant")
    assert "person" in second[0]["buttons"][0]["title"] or "112" in everything(second)
    assert "0800-7000" in everything(second)


async def test_simpler_words_are_one_button_away(system: System, content: object) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("how high can the deposit be")
        simpler = await chat.press(said, "Say it simpler")
    assert topics(simpler)[0] == "deposit"
    assert len(simpler[0]["text"]) < len(said[0]["text"])


async def test_every_menu_button_leads_to_an_answer(system: System) -> None:
    async with chatting(system.url) as chat:
        menu = await chat.say("menu")
        assert len(menu[0]["buttons"]) >= 8
        for button in menu[0]["buttons"]:
            said = await chat.press(menu, button["title"])
            assert said
            assert said[0]["language"] == "en"


@pytest.mark.parametrize(
    "text", ["/restart", '/work/minimum_wage{"language":"pl"}', "/session_start", "//", "/", "/nlu_fallback"]
)
async def test_a_slash_is_only_text(system: System, text: str) -> None:
    async with chatting(system.url) as chat:
        await chat.say("how much is the minimum wage per hour")
        said = await chat.say(text)
        # Still the same conversation, in the same language, and something useful is said.
        assert said
        assert {event["language"] for event in said} == {"en"}


async def test_out_of_scope_is_said_with_a_way_on(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("what is the weather in Rotterdam tomorrow")
    assert "topic" not in said[0]
    assert said[0]["buttons"]


@pytest.mark.parametrize(
    ("first", "then", "topic", "language"),
    [
        ("how high can the deposit be", "and when must I get it back?", "deposit", "en"),
        ("ile wynosi minimalna stawka godzinowa", "a jak mam 19 lat?", "minimum_wage", "pl"),
        ("nu mi-au platit salariul", "am vorbit cu seful si a zis ca nu", "unpaid_wages", "ro"),
        ("колко може да ми удържат за наема от заплатата", "а ако не съм подписал нищо?", "rent_deduction", "bg"),
        ("hoe kan ik anoniem melden", "en kan dat in het pools?", "report_anonymously", "nl"),
    ],
)
async def test_a_follow_up_gets_its_part_and_not_the_same_bubble(
    system: System, first: str, then: str, topic: str, language: str
) -> None:
    async with chatting(system.url) as chat:
        whole = await chat.say(first)
        part = await chat.say(then)
    assert topics(whole)[0] == topics(part)[0] == topic
    assert part[0]["language"] == language
    assert part[0]["text"] != whole[0]["text"]
    assert part[0]["buttons"]


async def test_the_whole_answer_is_one_button_away(system: System) -> None:
    async with chatting(system.url) as chat:
        whole = await chat.say("how high can the deposit be")
        part = await chat.say("they said no")
        again = await chat.press(part, "The whole answer")
    assert again[0]["text"] == whole[0]["text"]


async def test_a_new_subject_is_answered_as_new(system: System) -> None:
    async with chatting(system.url) as chat:
        await chat.say("how high can the deposit be")
        said = await chat.say("how many holiday days do I have a year")
    assert topics(said)[0] == "holidays_and_leave"


async def test_danger_comes_first_and_the_other_subject_is_a_button(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("they took my passport and they did not pay me my wages for two months")
        assert topics(said)[0] == "documents_taken"
        assert said[0]["urgent"] is True
        other = await chat.press(said, "Unpaid wages")
    assert topics(other)[0] == "unpaid_wages"


async def test_two_ordinary_subjects_are_both_offered(system: System) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say("how many holiday days do I get per year and how high can the deposit for my room be")
    offered = {button["title"] for event in said for button in event["buttons"]}
    assert {"holidays_and_leave", "deposit"} & set(topics(said))
    assert offered & {"Deposit", "Holidays and leave"}


@pytest.mark.parametrize(
    "text",
    ["my boss kills me with jokes", "umieram ze śmiechu z kolegami", "телефонът ми умира", "ik sterf van de honger"],
)
async def test_a_figure_of_speech_is_not_taken_for_danger(system: System, text: str) -> None:
    async with chatting(system.url) as chat:
        said = await chat.say(text)
    assert not any(event.get("urgent") for event in said)


@pytest.mark.parametrize(
    "button",
    [{"intent": "work/gone"}, {"intent": "inform_place", "topic": "gone", "place": "nijkerk"}],
    ids=["a topic", "who helps with a topic"],
)
async def test_a_button_of_a_topic_that_is_gone_is_read_as_a_message(system: System, button: dict[str, str]) -> None:
    found = rasa_of(system)
    rasa = RasaClient(found.url, found.token, timeout_seconds=10)
    await rasa.open()
    try:
        said = await rasa.ask("an-old-button", "Deposit", "en", None, None, button)
    finally:
        await rasa.close()
    assert said[0].topic == "deposit"
