"""Role-play on Telegram: a whole play, going back, a restart and danger in the middle."""

from __future__ import annotations

from collections.abc import Callable

from tests.emulator import BotMessage, running_emulator
from tests.roleplay.players import LINES

from .person import PATIENCE, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
TALK = [*LINES["gentle_startup"], *LINES["validation"], *LINES["responsibility"]]
STAGE = "SELECT stage FROM roleplays WHERE chat_id = ?"


async def _begins(
    person: Person, case: str = "De geheime etentjes", seat: str = "Saskia"
) -> BotMessage:
    """From /rollenspel to the first scene."""
    await person.tells("/rollenspel")
    await person.taps(case)
    return await person.taps(seat)


async def _plays_out(person: Person, bot: BotProcess, start: int = 0) -> list[BotMessage]:
    """Talk until it is over; the look back and the picture."""
    for line in TALK[start:]:
        await person.tells(line)
        if bot.rows(STAGE, person.chat_id) == [{"stage": "over"}]:
            return await person.replies(count=2, timeout=PATIENCE)
    raise AssertionError("the play did not end")


async def test_a_whole_play_ends_with_a_look_back_and_a_picture(
    resident: Resident, bot: BotProcess, wording: Wording
) -> None:
    person = resident()
    scene = await _begins(person)
    assert scene.labels == ["Geef een voorbeeld", "Coach uit", "Stoppen"]
    assert "Bob:" in scene.text
    told, picture = await _plays_out(person, bot)
    assert "Jij zei" in told.text or "Geen enkele zin" in told.text
    assert "photo" in picture.message
    caption = picture.message["caption"]
    assert "Bob en het vertrouwen" in caption
    assert "Voor het echte leven" in caption
    assert picture.labels[-4:] == ["Terugspoelen", "Nog een keer", "Ander gesprek", "Klaar"]


async def test_going_back_and_playing_on_to_another_look_back(
    resident: Resident, bot: BotProcess
) -> None:
    person = resident()
    await _begins(person, "Na de scheiding", "Eduard")
    _, picture = await _plays_out(person, bot)
    moments = await person.taps("Terugspoelen", on=picture)
    assert moments.labels[0] == "1. Op de stoep"
    back = await person.taps(moments.labels[0], on=moments)
    assert "Op de stoep" in back.text
    assert bot.rows(STAGE, person.chat_id) == [{"stage": "playing"}]
    told, _ = await _plays_out(person, bot)
    assert "Twee keer vergeleken" in told.text


async def test_danger_in_the_middle_freezes_the_play(
    resident: Resident, bot: BotProcess, wording: Wording
) -> None:
    person = resident()
    scene = await _begins(person)
    await person.tells(TALK[0])
    danger = await person.tells("ik wil niet meer leven")
    wording.expect(danger, "crisis_suicide_act")
    assert "0800-0113" in danger.text
    # Neither a button of the play nor a line leads back into it.
    wording.expect(await person.taps("Geef een voorbeeld", on=scene), "hold")
    wording.expect(await person.tells(TALK[1]), "hold")
    wording.expect(await person.tells("/rollenspel"), "hold")
    wording.expect(await person.taps("Ik ben veilig", on=danger), "hold_choose")
    wording.expect(await person.taps("Verder praten"), "hold_ended")
    assert wording.says(await person.tells("ik weet het niet"), "roleplay_waits")
    assert bot.rows(STAGE, person.chat_id) == [{"stage": "paused"}]


async def test_a_stop_is_at_once_and_a_picture_still_comes(
    resident: Resident, bot: BotProcess, wording: Wording
) -> None:
    person = resident()
    await _begins(person)
    await person.tells(TALK[0])
    stopped = await person.tells("stop")
    wording.expect(stopped, "roleplay_stopped")
    await person.presses("Terugkijken", on=stopped)
    answers = await person.replies(count=2, timeout=PATIENCE)
    assert "photo" in answers[-1].message
    done = await person.taps("Klaar", on=stopped)
    assert wording.says(done, "roleplay_done")
    assert bot.rows(STAGE, person.chat_id) == []


async def test_a_restart_and_a_kill_in_the_middle_lose_nothing(
    make_bot: Callable[..., BotProcess],
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram)
        await bot.start()
        person = await Person(telegram).onboards()
        await _begins(person)
        await person.tells(TALK[0])
        assert await bot.stop() == 0
        await bot.start()
        answer = await person.tells(TALK[1])
        assert "Bob:" in answer.text
        await bot.all_sent(person.chat_id)
        bot.kill()
        await bot.start()
        assert bot.rows(STAGE, person.chat_id) == [{"stage": "playing"}]
        _, picture = await _plays_out(person, bot, 2)
        assert "photo" in picture.message
        bot.kill()
        assert telegram.violations == []
