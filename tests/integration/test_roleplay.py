"""A role-play from the first press to the look back, on the real model and a real database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from bot.bootstrap import App, running
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.inbound import Inbound, InboundKind
from bot.db.repositories import Chats, Roleplays
from bot.db.session import reading, writing
from bot.roleplay.play import Play, level
from bot.settings import Settings
from bot.terminal import Exchange, TerminalChat
from tests.clock import Clock
from tests.integration.styled import STYLE_OF, StyledDialogue
from tests.roleplay.players import LINES

CHAT = 7
GENTLE = LINES["gentle_startup"]
HARSH = LINES["criticism"]
Opens = Callable[[], AbstractAsyncContextManager["Player"]]


class Player:
    """Somebody who plays, and what the database holds of it."""

    def __init__(self, app: App, styled: StyledDialogue, update_ids: list[int]) -> None:
        self.app, self.styled = app, styled
        self.chat = TerminalChat(app, CHAT, self._numbers(update_ids))

    @staticmethod
    def _numbers(used: list[int]) -> Iterator[int]:
        while True:
            used.append(len(used) + 1)
            yield used[-1]

    async def says(self, text: str) -> Exchange:
        return await self.chat.says(text)

    async def presses(self, label: str) -> Exchange:
        button = self.chat.button(label)
        assert button is not None, f"no button with: {label}"
        return await self.chat.presses(button)

    async def forges(self, data: str) -> Exchange:
        return await self.chat.does(Inbound(InboundKind.PRESS, data), data)

    async def starts(self, scenario: str = "etentjes", seat: str = "saskia") -> Exchange:
        await self.says("/rollenspel")
        await self.forges(f"play:case:{scenario}")
        return await self.forges(f"play:begin:{scenario}.{seat}")

    async def plays(self, lines: list[str]) -> Exchange:
        """Say lines until the play is over."""
        for text in lines:
            exchange = await self.says(text)
            if (await self.stored())[0] == "over":
                return exchange
        raise AssertionError("the play did not end")

    async def stored(self) -> tuple[str, Play]:
        async with reading(self.app.engine) as session:
            found = await Roleplays(session, self.app.cipher).load(CHAT)
        assert found is not None
        return found[0], Play.model_validate(found[1])

    async def nothing_stored(self) -> bool:
        async with reading(self.app.engine) as session:
            return await Roleplays(session, self.app.cipher).load(CHAT) is None


def keys(exchange: Exchange) -> list[str]:
    return [key for reply in exchange.replies for key in reply.keys]


def text(exchange: Exchange) -> str:
    return "\n\n".join(reply.text for reply in exchange.replies)


def labels(exchange: Exchange) -> list[str]:
    return [b.label for reply in exchange.replies for row in reply.buttons for b in row]


@pytest.fixture
def opens(
    settings: Settings, dialogue: Dialogue, content: Content, clock: Clock, empty_database: Path
) -> Opens:
    """Starts the program; a second time on the same data."""
    settings.data_dir.mkdir(parents=True)
    shutil.copy(empty_database, settings.data_dir / "tevoet.db")
    update_ids: list[int] = []

    @asynccontextmanager
    async def open_() -> AsyncIterator[Player]:
        styled = StyledDialogue(dialogue)
        async with running(settings, clock, styled, content) as app:  # type: ignore[arg-type]
            player = Player(app, styled, update_ids)
            await player.chat.onboard("NL")
            yield player

    return open_


@pytest.fixture
async def player(opens: Opens) -> AsyncIterator[Player]:
    async with opens() as player:
        yield player


# --- the whole way -----------------------------------------------------------------


async def test_before_the_play_it_says_how_it_works_and_what_may_be_hard(player: Player) -> None:
    menu = await player.says("/rollenspel")
    assert keys(menu) == ["roleplay_menu"]
    assert labels(menu)[:3] == ["De geheime etentjes", "Na de scheiding", "Mijn eigen situatie"]
    case = await player.presses("De geheime etentjes")
    assert keys(case) == ["roleplay_case"]
    assert "buitengesloten" in text(case)
    assert "stop" in text(case)
    assert "versleuteld" in text(case)
    assert labels(case) == ["Saskia", "Bob"]
    scene = await player.presses("Saskia")
    assert keys(scene) == ["roleplay_begin", "roleplay_setting", "roleplay_line"]
    assert "Bob:" in text(scene)


async def test_gentle_play_brings_the_other_closer_and_is_looked_back_at(player: Player) -> None:
    await player.starts()
    first = await player.says(GENTLE[0])
    assert keys(first) == ["roleplay_line", "hint_up"]
    ending = await player.plays(list(GENTLE[1:]))
    _, play = await player.stored()
    assert level(play.trust) == 4
    assert play.ending == "afspraak"
    told = keys(ending)
    assert told[:2] == ["roleplay_line", "roleplay_ending"]
    assert {"look_best", "look_no_weak", "look_curve", "look_try"} <= set(told)
    # Quoted from the user's own lines.
    assert any(f"‘{line}’" in text(ending) for line in GENTLE)
    picture = ending.replies[-1].picture
    assert picture is not None
    assert picture.values[0] == 8
    assert len(picture.values) == len(play.moments) + 1
    assert labels(ending)[-4:] == ["Terugspoelen", "Nog een keer", "Ander gesprek", "Klaar"]


async def test_reproaches_end_badly_and_each_gets_an_alternative_in_i_form(
    player: Player, content: Content
) -> None:
    await player.starts()
    ending = await player.plays(list(HARSH))
    _, play = await player.stored()
    assert play.ending == "weg"
    assert level(play.trust) == 0
    assert {"look_no_best", "look_weak"} <= set(keys(ending))
    seat = content.scenarios["etentjes"].seats["saskia"]
    assert any(scene.example in text(ending) for scene in seat.scenes)
    assert any(f"‘{line}’" in text(ending) for line in HARSH)


async def test_a_tip_of_the_look_back_can_be_read(player: Player) -> None:
    await player.starts()
    ending = await player.plays(list(GENTLE))
    tip = await player.presses(labels(ending)[0])
    assert [key for key in keys(tip) if key.startswith("tip.")] == ["tip.maak_afspraken"]


async def test_going_back_and_comparing_two_endings(player: Player) -> None:
    await player.starts()
    await player.plays(list(HARSH))
    _, before = await player.stored()
    menu = await player.presses("Terugspoelen")
    assert labels(menu)[0] == "1. Bij de koffie"
    assert len(labels(menu)) == len(before.moments)
    again = await player.presses("1. Bij de koffie")
    assert keys(again) == ["rewound", "roleplay_line"]
    stage, play = await player.stored()
    assert (stage, play.trust, play.moments) == ("playing", 8, ())
    ending = await player.plays(list(GENTLE))
    assert "look_compare" in keys(ending)
    assert "Bob loopt weg" in text(ending)
    assert "Een eerste stap" in text(ending)
    picture = ending.replies[-1].picture
    assert picture is not None
    assert picture.before[-1] < picture.values[-1]


async def test_the_overview_tells_endings_and_styles_of_all_plays(player: Player) -> None:
    nothing = await player.forges("play:progress")
    assert keys(nothing) == ["roleplay_no_progress"]
    await player.starts()
    await player.plays(list(HARSH))
    await player.starts("omgang", "joyce")
    await player.plays(list(GENTLE))
    await player.presses("Klaar")  # the lines are gone, the results stay
    told = await player.forges("play:progress")
    assert "De geheime etentjes (Saskia): Bob loopt weg. Vertrouwen: weg." in text(told)
    assert "Na de scheiding (Joyce): Samen ouders." in text(told)
    assert "eerst: verwijt. De laatste keer: zachte start." in text(told)


async def test_progress_leads_to_what_was_practised(player: Player) -> None:
    assert "Oefengesprekken" not in labels(await player.says("/voortgang"))
    await player.starts()
    await player.plays(list(HARSH))
    assert "Oefengesprekken" in labels(await player.says("/voortgang"))
    assert keys(await player.presses("Oefengesprekken"))[0] == "roleplay_progress"


async def test_who_types_on_after_the_end_hears_that_it_is_over(player: Player) -> None:
    await player.starts()
    await player.plays(list(HARSH))
    told = await player.says("Daar moet ik over nadenken, Bob")
    assert keys(told) == ["roleplay_after"]
    assert labels(told) == ["Nog een keer", "Klaar"]
    # Only once: then it is about the user.
    assert keys(await player.says("Daar moet ik over nadenken, Bob")) != ["roleplay_after"]


async def test_after_done_a_message_is_about_the_user(player: Player) -> None:
    await player.starts()
    await player.plays(list(HARSH))
    await player.presses("Klaar")
    assert keys(await player.says("mijn man heeft tegen me gelogen"))[0] == "acknowledge.lied_to"


# --- what is not sure --------------------------------------------------------------------


async def test_a_reproach_that_is_not_sure_to_be_one_costs_nothing(player: Player) -> None:
    await player.starts()
    player.styled.sure = 0.7
    for line in HARSH[:3]:
        assert "hint_down" not in keys(await player.says(line))
    _, play = await player.stored()
    assert {m.style for m in play.moments} <= {"other"}
    assert play.trust == 8


async def test_praise_quotes_only_what_is_sure(player: Player) -> None:
    await player.starts()
    player.styled.sure = 0.7
    ending = await player.plays(list(GENTLE))
    assert "look_no_best" in keys(ending)
    assert "look_no_weak" not in keys(ending)


async def test_who_says_the_example_is_not_told_to_say_it(player: Player, content: Content) -> None:
    await player.starts()
    example = content.scenarios["etentjes"].seats["saskia"].scenes[0].example
    STYLE_OF[example] = "defensiveness"
    try:
        await player.says(example)
    finally:
        del STYLE_OF[example]
    assert "look_weak" not in keys(await player.forges("play:look"))


# --- hints and help ------------------------------------------------------------------


async def test_the_coach_says_why_and_can_be_turned_off_and_on(player: Player) -> None:
    await player.starts()
    assert "hint_down" in keys(await player.says(HARSH[0]))
    assert keys(await player.presses("Coach uit")) == ["coach_off"]
    quiet = await player.says(HARSH[1])
    assert not [key for key in keys(quiet) if key.startswith(("hint", "coach"))]
    assert keys(await player.presses("Coach aan")) == ["coach_on"]
    assert "hint_down" in keys(await player.says(LINES["stonewalling"][0]))


async def test_a_plan_too_soon_is_explained(player: Player, content: Content) -> None:
    await player.starts()
    told = text(await player.says(LINES["proposal"][0]))
    assert any(v in told for v in content.messages["coach_because_too_soon"].variants)


async def test_an_example_costs_nothing(player: Player, content: Content) -> None:
    await player.starts()
    _, before = await player.stored()
    shown = await player.presses("Geef een voorbeeld")
    assert content.scenarios["etentjes"].seats["saskia"].scenes[0].example in text(shown)
    _, after = await player.stored()
    assert after == before


@pytest.mark.parametrize("said", ["wat is de hoofdstad van Frankrijk", "…", "asdf qwer", "🤷"])
async def test_what_is_no_line_is_answered_in_character_and_costs_nothing(
    player: Player, said: str
) -> None:
    await player.starts()
    _, before = await player.stored()
    answer = await player.says(said)
    assert keys(answer) == ["roleplay_line"]
    _, after = await player.stored()
    assert (after.trust, after.openness, after.scene) == (8, 3, before.scene)


async def test_a_voice_message_costs_nothing_either(player: Player) -> None:
    await player.starts()
    answer = await player.chat.does(Inbound(InboundKind.MEDIA, "voice"), "voice")
    assert keys(answer) == ["roleplay_unheard", "roleplay_line"]
    _, play = await player.stored()
    assert (play.trust, play.moments) == (8, ())


# --- in words ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "seats"),
    [
        ("ik wil oefenen met Eduard", ["Joyce"]),
        ("ik wil saskia spelen", ["Saskia"]),
        ("speel jij Bob", ["Saskia"]),
        ("ik ben Eduard, begin maar", ["Eduard"]),
    ],
)
async def test_who_names_somebody_gets_that_case(
    player: Player, said: str, seats: list[str]
) -> None:
    case = await player.says(said)
    assert keys(case) == ["roleplay_case"]
    assert labels(case) == seats


@pytest.mark.parametrize("said", ["rollenspel", "ik wil een gesprek oefenen"])
async def test_who_names_nobody_may_choose(player: Player, said: str) -> None:
    assert keys(await player.says(said)) == ["roleplay_menu"]


# --- out of it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", ["stop", "/stop", "ik wil stoppen", "stop het rollenspel", "kappen met die roleplay nu"]
)
async def test_one_can_stop_at_any_time(player: Player, said: str) -> None:
    await player.starts()
    await player.says(GENTLE[0])
    assert keys(await player.says(said)) == ["roleplay_stopped"]
    stage, play = await player.stored()
    assert (stage, len(play.moments)) == ("paused", 1)
    so_far = await player.presses("Terugkijken")
    assert f"‘{GENTLE[0]}’" in text(so_far)
    resumed = await player.presses("Verder spelen")
    assert keys(resumed) == ["roleplay_resumed", "roleplay_line"]
    assert (await player.stored())[1].moments == play.moments


async def test_what_comes_too_close_stops_the_play(player: Player) -> None:
    await player.starts()
    paused = await player.says("dit wordt me te veel")
    assert keys(paused) == ["roleplay_paused"]
    assert "Hulplijnen" in labels(paused)
    # What is written next is for the bot, not for Bob.
    assert "roleplay_line" not in keys(await player.says("mijn vriend heeft tegen me gelogen"))


async def test_done_forgets_the_lines(player: Player) -> None:
    await player.starts()
    await player.plays(list(HARSH))
    assert keys(await player.presses("Klaar")) == ["roleplay_done"]
    assert await player.nothing_stored()
    assert keys(await player.forges("play:rewind")) == ["roleplay_gone"]


async def test_a_tip_in_the_middle_lets_the_play_stand_still(player: Player) -> None:
    await player.starts()
    await player.says("/tip")
    assert (await player.stored())[0] == "paused"
    waits = await player.says("oké dank je")
    assert keys(waits) == ["roleplay_waits"]
    assert keys(await player.says("ja")) == ["roleplay_resumed", "roleplay_line"]
    assert keys(await player.says(GENTLE[0]))[0] == "roleplay_line"


async def test_a_typed_no_ends_what_stood_still(player: Player) -> None:
    await player.starts()
    await player.says("/hulp")
    assert keys(await player.says("oké")) == ["roleplay_waits"]
    assert keys(await player.says("nee")) == ["roleplay_done"]
    assert await player.nothing_stored()


async def test_it_is_asked_only_once_whether_to_go_on(player: Player) -> None:
    await player.starts()
    await player.says("/hulp")
    assert keys(await player.says("hm")) == ["roleplay_waits"]
    assert "roleplay_waits" not in keys(await player.says("hoi"))


# --- danger ------------------------------------------------------------------------


async def test_danger_in_the_middle_of_a_scene_comes_first(player: Player) -> None:
    await player.starts()
    await player.says(GENTLE[0])
    _, before = await player.stored()
    danger = await player.says("ik wil niet meer leven")
    assert keys(danger) == ["crisis_suicide_act"]
    assert (await player.stored())[0] == "paused"
    # During the hold no button of the play does anything, and no line reaches Bob.
    for data in ("resume", "begin:etentjes.saskia", "back:0", "again", "example", "offer", "look"):
        assert keys(await player.forges(f"play:{data}")) == ["hold"], data
    for said in (GENTLE[1], "ik wil oefenen met Eduard", "/rollenspel"):
        assert keys(await player.says(said)) == ["hold"], said
    await player.presses("Ik ben veilig")
    ended = await player.presses("Verder praten")
    assert keys(ended) == ["hold_ended"]
    # It does not go on by itself: the user is asked, calmly, and may choose.
    waits = await player.says("ik weet het niet")
    assert keys(waits) == ["roleplay_waits"]
    stage, after = await player.stored()
    assert (stage, after) == ("paused", before)
    assert keys(await player.presses("Verder spelen")) == ["roleplay_resumed", "roleplay_line"]


async def test_a_question_about_danger_freezes_the_play_too(player: Player) -> None:
    await player.starts()
    async with writing(player.app.engine) as session:
        chats = Chats(session, player.app.cipher)
        await chats.set_hold(CHAT, "ask", "suicide", "any", player.app.clock())
    assert keys(await player.forges("play:example")) == ["crisis_suicide_again"]
    assert keys(await player.says(GENTLE[0])) == ["crisis_suicide_again"]


async def test_after_a_no_to_that_question_the_play_can_go_on(player: Player) -> None:
    await player.starts()
    async with writing(player.app.engine) as session:
        chats = Chats(session, player.app.cipher)
        await chats.set_hold(CHAT, "ask", "suicide", "any", player.app.clock())
    assert keys(await player.says(GENTLE[0])) == ["crisis_suicide_again"]
    denied = await player.forges("safety:denied")
    assert keys(denied) == ["crisis_denied_play"]
    assert keys(await player.presses("Verder spelen"))[0] == "roleplay_resumed"


async def test_after_violence_the_case_about_that_relation_stays_closed(player: Player) -> None:
    await player.starts("omgang", "joyce")
    await player.says("mijn ex slaat me")
    await player.presses("Ik ben veilig") if player.chat.button("Ik ben veilig") else None
    async with writing(player.app.engine) as session:
        await Chats(session, player.app.cipher).end_hold(CHAT)
    assert keys(await player.forges("play:resume")) == ["roleplay_unsafe"]
    assert keys(await player.forges("play:begin:omgang.joyce")) == ["roleplay_unsafe"]
    assert keys(await player.forges("play:with:ex.eigen.geraakt")) == ["roleplay_unsafe"]
    assert keys(await player.forges("play:with:colleague.eigen.geraakt")) == ["roleplay_issue"]
    menu = await player.says("/rollenspel")
    assert "Na de scheiding" not in labels(menu)
    assert "De geheime etentjes" in labels(menu)


async def test_a_sign_of_control_in_a_line_ends_the_play(player: Player) -> None:
    await player.starts()
    told = await player.says("hij controleert elke avond mijn telefoon")
    assert keys(told) in (["roleplay_flagged"], ["crisis_violence_ask"], ["crisis_violence_act"])
    assert (await player.stored())[0] == "paused"
    assert "roleplay_line" not in keys(await player.says(GENTLE[0]))


async def test_a_closed_play_is_not_offered_again(player: Player) -> None:
    await player.starts()
    await player.says("/hulp")
    async with writing(player.app.engine) as session:
        await Chats(session, player.app.cipher).add_gate(
            CHAT, "colleague", "fear", player.app.clock()
        )
    assert keys(await player.says("hm")) == ["go_on"]
    assert await player.nothing_stored()


# --- time and restarts ---------------------------------------------------------------


async def test_a_restart_in_the_middle_changes_nothing(opens: Opens) -> None:
    async with opens() as player:
        await player.starts()
        await player.says(GENTLE[0])
        before = await player.stored()
    async with opens() as player:
        assert await player.stored() == before
        assert keys(await player.says(GENTLE[1]))[0] == "roleplay_line"
        assert len((await player.stored())[1].moments) == 2


async def test_after_days_it_is_asked_first(player: Player, clock: Clock) -> None:
    await player.starts()
    await player.says(GENTLE[0])
    clock.advance(days=3)
    waits = await player.says("hallo")
    assert keys(waits) == ["roleplay_waits"]
    assert keys(await player.presses("Verder spelen")) == ["roleplay_resumed", "roleplay_line"]
    assert keys(await player.says(GENTLE[1]))[0] == "roleplay_line"


async def test_after_days_a_worry_is_heard_as_one(player: Player, clock: Clock) -> None:
    await player.starts()
    clock.advance(days=3)
    heard = await player.says("mijn vriend heeft tegen me gelogen")
    assert keys(heard) == ["acknowledge.lied_to", keys(heard)[1]]
    assert (await player.stored())[0] == "paused"


async def test_after_a_month_the_lines_are_gone(player: Player, clock: Clock) -> None:
    await player.starts()
    clock.advance(days=31)
    await player.app.conversation.tidy()
    assert await player.nothing_stored()


async def test_a_case_that_a_coach_changed_meanwhile_is_put_away(player: Player) -> None:
    await player.starts()
    stage, play = await player.stored()
    for changed in ({"scene": "weg_ermee"}, {"scenario": "weg_ermee"}, {"seat": "niemand"}):
        async with writing(player.app.engine) as session:
            old = play.model_copy(update=changed).model_dump(mode="json")
            await Roleplays(session, player.app.cipher).save(CHAT, stage, old, player.app.clock())
        assert keys(await player.says(GENTLE[0])) == ["roleplay_gone"]
        assert await player.nothing_stored()


# --- the own situation ------------------------------------------------------------------


async def test_the_own_situation_takes_relation_and_issue(player: Player) -> None:
    await player.says("/rollenspel")
    await player.presses("Mijn eigen situatie")
    whom = await player.presses("Iets raakte mij")
    assert keys(whom) == ["roleplay_with"]
    assert keys(await player.presses("Collega")) == ["roleplay_issue"]
    assert keys(await player.says("...")) == ["roleplay_issue"]
    begun = await player.says("<b>Zij</b> zei iets achter mijn rug & dat deed pijn")
    assert keys(begun)[0] == "roleplay_issue_heard"
    assert "&lt;b&gt;Zij&lt;/b&gt;" in text(begun)
    assert "Je collega:" in text(begun)
    ending = await player.plays(list(GENTLE))
    _, play = await player.stored()
    assert play.relation == "colleague"
    assert play.issue is not None and play.issue.startswith("<b>Zij</b>")
    assert "Een opening" in text(ending)
    assert keys(await player.presses("Nog een keer"))[0] == "roleplay_begin"


async def test_the_other_is_called_by_the_users_own_word(player: Player) -> None:
    await player.forges("play:with:family.eigen.geraakt")
    begun = await player.says("mijn zus heeft achter mijn rug met mama gepraat")
    assert "Je zus:" in text(begun)
    assert (await player.stored())[1].word == "zus"


async def test_an_own_situation_that_stood_still_before_it_began_goes_on_there(
    player: Player,
) -> None:
    await player.forges("play:with:friend.eigen.geraakt")
    await player.says("/hulp")
    assert keys(await player.says("hm")) == ["roleplay_waits"]
    assert keys(await player.presses("Verder spelen")) == ["roleplay_issue"]
    assert keys(await player.says("ze kwam niet op mijn feest"))[0] == "roleplay_issue_heard"


async def test_stopping_before_it_began_leaves_nothing(player: Player) -> None:
    await player.forges("play:with:friend.eigen.zelf")
    assert keys(await player.says("stop")) == ["stopped"]
    assert await player.nothing_stored()


# --- what nobody should be able to do ------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        "play:case:weg", "play:begin:weg.weg", "play:begin:etentjes.weg", "play:begin",
        "play:with:colleague.etentjes.saskia", "play:with:weg.eigen.zelf", "play:with:",
        "play:line", "play:waits", "play:too_much", "play:",
    ],
)  # fmt: skip
async def test_a_forged_button_does_nothing(player: Player, data: str) -> None:
    assert keys(await player.forges(data)) == ["button_past"]
    assert await player.nothing_stored()


@pytest.mark.parametrize("data", ["back:99", "back:-1", "back:x", "back:", "back:²"])
async def test_there_is_no_going_back_to_nowhere(player: Player, data: str) -> None:
    await player.starts()
    assert keys(await player.forges(f"play:{data}")) == ["roleplay_gone"]
    assert (await player.stored())[0] == "playing"


@pytest.mark.parametrize(
    "data", ["resume", "look", "rewind", "back:0", "again", "example", "coach:on"]
)
async def test_without_a_play_its_buttons_say_so(player: Player, data: str) -> None:
    assert keys(await player.forges(f"play:{data}")) == ["roleplay_gone"]


async def test_what_was_said_stands_encrypted_and_goes_with_the_rest(
    player: Player, settings: Settings
) -> None:
    word = "zwaluwstaartje"
    await player.starts()
    await player.says(f"Ik voel me een {word} bij jullie")
    for file in settings.data_dir.glob("tevoet.db*"):
        assert word.encode() not in file.read_bytes()
    _, play = await player.stored()
    assert word in play.moments[0].text
    await player.says("/wis")
    await player.presses("Ja, wis alles")
    assert await player.nothing_stored()


async def test_somebody_without_consent_plays_nothing(opens: Opens) -> None:
    async with opens() as player:
        chat = TerminalChat(player.app, 99, iter(range(5000, 6000)))
        for data in ("play:offer", "play:begin:etentjes.saskia"):
            answer = await chat.does(Inbound(InboundKind.PRESS, data), data)
            assert keys(answer)[0] == "consent_first"
