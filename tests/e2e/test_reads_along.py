"""Who reads along finds nothing: the chat is emptied by one button, of both sides' messages."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulator import Emulator

from .person import Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]


async def test_one_button_deletes_what_both_sides_wrote(
    resident: Resident, wording: Wording, bot: BotProcess, telegram: Emulator
) -> None:
    person, other = resident(), resident()
    kept = await other.tells("ik voel wantrouwen")
    answer = await person.tells("mijn man slaat me")
    wording.expect(answer, "crisis_violence_act")
    clear = await person.taps("Nee, nu niet", on=answer)
    wording.expect(clear, "clear_chat")
    done = await person.taps("Wis berichten", on=clear)
    wording.expect(done, "wiped")
    shown = telegram.chats.in_chat(person.chat_id)
    assert [message["text"] for message in shown] == [done.text]
    assert kept.text in [m.get("text") for m in telegram.chats.in_chat(other.chat_id)]
    # What is remembered stays: the chat looks empty, the hold is on.
    wording.expect(await person.tells("geef me een tip"), "hold")


async def test_wis_deletes_the_messages_too_when_asked(
    resident: Resident, wording: Wording, bot: BotProcess, telegram: Emulator
) -> None:
    person = resident()
    await person.tells("ik voel wantrouwen")
    await person.tells("/wis")
    done = await person.taps("Ook de berichten")
    wording.expect(done, "erased_all")
    await bot.all_sent(person.chat_id)
    shown = telegram.chats.in_chat(person.chat_id)
    assert [message["text"] for message in shown] == [done.text]
    assert not bot.rows("SELECT 1 FROM users WHERE chat_id = ?", person.chat_id)


async def test_a_number_comes_as_a_card_that_one_tap_calls(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    person = resident()
    answer = await person.tells("ik wil niet meer leven")
    await person.presses("Bellen", on=answer)
    cards = await person.replies(count=3, timeout=20)
    numbers = [card.message["contact"]["phone_number"] for card in cards]
    assert numbers[:2] == ["112", "0800-0113"]
