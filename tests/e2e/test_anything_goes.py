"""Whatever people send: a fitting answer or silence, never an error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from bot.telegram.introduction import COMMANDS
from tests.emulator import BotMessage, Emulator

from .person import Person
from .process import BotProcess
from .wording import Wording

Newcomer = Callable[[], Person]
Resident = Callable[[], Person]
GROUP = -4711
CHANNEL = -1001234567890
UNREADABLE = ("voice", "audio", "video", "video_note", "photo", "sticker", "document")
FORGED = (
    "x",
    ":::",
    "coach:",
    "coach:list:x",
    "coach:why:../../etc/passwd",
    "coach:helped:no_such_tip",
    "tip:no_such_tip",
    "tip:{tip_id}",
    "mean:",
    "mean:crisis_suicide",
    "mean:nlu_fallback",
    "mean:'; DROP TABLE users; --",
    "safety:found",
    "safety:delusion",
    "safety:no_such_thing",
    "do:erase",
    "do:onboard",
    "country:XX",
    "consent:",
    "erase:yes",
    "erase:yes:²",
    "erase:yes:99999999999999999999",
    "é" * 32,
)


async def test_what_cannot_be_read_gets_a_fitting_answer(
    newcomer: Newcomer, wording: Wording
) -> None:
    async def sends(kind: str) -> BotMessage:
        person = newcomer()
        await person.sends(kind)
        return await person.reply()

    async def shares(what: str) -> BotMessage:
        person = newcomer()
        await getattr(person, f"sends_{what}")()
        return await person.reply()

    answers = await asyncio.gather(*map(sends, UNREADABLE), shares("location"), shares("contact"))
    for kind, answer in zip((*UNREADABLE, "location", "contact"), answers, strict=True):
        wording.expect(answer, f"media_{kind}")


async def test_a_dice_or_a_poll_is_unreadable_too(newcomer: Newcomer, wording: Wording) -> None:
    person = newcomer()
    await _message(person, {"dice": {"emoji": "🎲", "value": 3}})
    wording.expect(await person.reply(), "media_other")


async def test_a_caption_is_read_as_text(resident: Resident, wording: Wording) -> None:
    mistrusting, in_danger = resident(), resident()
    await mistrusting.sends_photo(caption="ik voel wantrouwen")
    await in_danger.sends_voice(caption="ik wil niet meer leven")
    assert wording.asks(await mistrusting.reply())
    wording.expect(await in_danger.reply(), "crisis_suicide_act")


async def test_an_edited_message_is_read_again(resident: Resident, wording: Wording) -> None:
    person = resident()
    await person.tells("hoi")
    await person.edits("ik wil niet meer leven")
    wording.expect(await person.reply(), "crisis_suicide_act")


async def test_in_a_group_a_command_points_to_the_private_chat(
    resident: Resident, wording: Wording, telegram: Emulator
) -> None:
    person = resident()
    await person.adds_bot(GROUP)
    await person.says("ik voel wantrouwen", group_id=GROUP)
    await person.edits("/tip")
    await person.sends_voice(group_id=GROUP)
    await asyncio.sleep(0.5)
    before = len(telegram.log.calls)
    await person.says("/tip@tevoet_emulated_bot", group_id=GROUP)
    [answer] = await person.replies(count=1, group_id=GROUP)
    wording.expect(answer, "group_chat")
    await person.removes_bot(GROUP)
    await asyncio.sleep(0.5)
    assert len(person.received(group_id=GROUP)) == 1
    # Not even a typing sign came before the command.
    assert all(call.index >= before for call in telegram.log if call.chat_id == GROUP)


async def test_a_channel_gets_silence(resident: Resident, telegram: Emulator) -> None:
    person = resident()
    await person.posts("ik voel wantrouwen", channel_id=CHANNEL)
    await person.posts("/start", channel_id=CHANNEL)
    await person.tells("hoi")  # whatever comes later is answered
    await asyncio.sleep(0.5)
    assert [call for call in telegram.log if call.chat_id == CHANNEL] == []


async def test_service_messages_get_silence(resident: Resident, telegram: Emulator) -> None:
    person = resident()
    start = person.position
    await _message(person, {"message_auto_delete_timer_changed": {"message_auto_delete_time": 60}})
    await _message(person, {"pinned_message": person.received()[0].message})
    await asyncio.sleep(0.7)
    assert person.received(start) == []


@pytest.mark.parametrize("text", [" ", "\n\n", "\u200b", "...", "/", "🙂"])
async def test_almost_nothing_gets_a_kind_answer(
    newcomer: Newcomer, wording: Wording, text: str
) -> None:
    answer = await newcomer().tells(text)
    assert wording.says(answer, "media_other") or wording.says(answer, "consent_first")


async def test_ten_thousand_characters_get_one_answer(resident: Resident, wording: Wording) -> None:
    person = resident()
    story = "Mijn beste vriendin heeft tegen me gelogen en ik weet niet wat ik moet. "
    start = person.position
    await person.says((story * 150)[:10_000])
    answer = await person.reply()
    assert not wording.says(answer, "failed")
    wording.a_tip(await person.tells("/tip"))
    assert len(person.received(start)) == 2


async def test_danger_at_the_end_of_a_long_story_is_seen(
    resident: Resident, wording: Wording
) -> None:
    person = resident()
    end = " ik wil niet meer leven"
    await person.says("x" * 30 + " en toen gebeurde er weer iets" * 130 + end)
    wording.expect(await person.reply(), "crisis_suicide_act")


async def test_the_longest_message_of_telegram_is_read(
    resident: Resident, wording: Wording
) -> None:
    answer = await resident().tells(("ik voel wantrouwen " * 300)[:4096])
    assert not wording.says(answer, "failed")


async def test_signs_of_markup_are_only_signs(resident: Resident, wording: Wording) -> None:
    async def tells(text: str) -> list[BotMessage]:
        person = resident()
        return [await person.tells(text), await person.tells("/tip"), await person.taps("Waarom")]

    texts = (
        "<b>ik voel wantrouwen</b> & <a href='tel:112'>mijn man</a> </i> &lt;",
        "*ik voel* _wantrouwen_ [naar](http://x.nl) mijn `vriend` ~zo~ ||dit|| \\",
        "{other} ik voel {wantrouwen} {0} %s %(name)s {}",
    )
    for first, tip, why in await asyncio.gather(*map(tells, texts)):
        assert not wording.says(first, "failed")
        wording.a_tip(tip)
        assert wording.says(why, "why_tip")


async def test_forged_buttons_get_a_kind_answer(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    async def presses(forged: tuple[str, ...]) -> list[tuple[str, BotMessage]]:
        person = resident()
        welcome = person.received()[0]
        return [(data, await person.forges(data, welcome)) for data in forged]

    people = await asyncio.gather(*(presses(FORGED[part::8]) for part in range(8)))
    for data, answer in (pair for person in people for pair in person):
        assert not wording.says(answer, "failed"), f"{data}: {answer.text}"
        assert not wording.says(answer, "erased"), data
        assert wording.tip(answer) is None, data
    assert bot.rows("SELECT 1 FROM safety_holds WHERE level NOT IN ('ask', 'act')") == []


async def test_a_button_of_a_deleted_message_still_works(
    resident: Resident, wording: Wording, telegram: Emulator
) -> None:
    person = resident()
    old = await person.gets_tip()
    del telegram.chats.messages[person.chat_id, old.message_id]
    assert wording.a_tip(old).why in (await person.taps("Waarom deze tip?", on=old)).text


async def test_the_very_first_buttons_still_answer(resident: Resident, wording: Wording) -> None:
    person = resident()
    welcome, consent, _ = person.received()
    wording.expect(await person.taps("België", on=welcome), "country_changed")
    await person.taps("Ja, ik ben 16+", on=consent)
    wording.a_tip(await person.gets_tip())


async def test_an_unknown_command_names_help(resident: Resident, wording: Wording) -> None:
    person = resident()
    wording.expect(await person.tells("/xyz"), "unknown_command")
    wording.expect(await person.tells("/help"), "help")


async def test_telegram_knows_commands_and_descriptions(
    bot: BotProcess, telegram: Emulator, wording: Wording
) -> None:
    settings = {method: value for (method, _, _), value in telegram.server.settings.items()}
    assert [command["command"] for command in settings["setMyCommands"]] == list(COMMANDS)
    for command in settings["setMyCommands"]:
        message = wording.content.messages[f"command_{command['command']}"]
        assert command["description"] == message.variants[0]
    description = wording.content.messages["bot_description"].variants[0]
    assert settings["setMyDescription"] == description
    assert len(description) <= 512
    short = wording.content.messages["bot_short_description"].variants[0]
    assert settings["setMyShortDescription"] == short
    assert len(short) <= 120


async def _message(person: Person, content: dict[str, object]) -> None:
    """A message that the apps can send and the emulator has no word for."""
    await person.emulator.send_update(
        {
            "message": {
                "message_id": person.emulator.server.take_message_id(),
                "date": int(time.time()),
                "chat": {"id": person.chat_id, "type": "private", "first_name": "S"},
                "from": person.user,
                **content,
            }
        }
    )
