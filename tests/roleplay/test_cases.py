"""The cases in content: long enough, with every seat, and lived through by simulated players."""

from __future__ import annotations

import pytest

from bot.content import Content
from bot.db.repositories.roleplays import OVER
from bot.roleplay.engine import begin, move
from bot.roleplay.paths import explore
from bot.roleplay.play import Case, Utterance, level, new_play
from bot.roleplay.scenario import STYLES, Style
from bot.skills.roleplay import table
from nlu.reading import Reader
from tests.roleplay.players import PLAYERS, Player

RUNS = 100
SEATS = [("etentjes", "saskia"), ("etentjes", "bob"), ("omgang", "joyce"), ("omgang", "eduard")]
OWN = [("eigen", "geraakt"), ("eigen", "zelf")]


def case_of(content: Content, scenario: str, seat: str) -> Case:
    return Case.of(content.scenarios[scenario], seat, content.styles)


@pytest.mark.parametrize(("scenario", "seat"), SEATS)
def test_a_seat_has_at_least_eight_scenes_and_several_endings(
    content: Content, scenario: str, seat: str
) -> None:
    case = case_of(content, scenario, seat)
    assert len(case.seat.scenes) >= 8
    assert len(case.seat.endings) >= 4
    assert {ending.id for ending in case.seat.endings} <= explore(case).endings


@pytest.mark.parametrize("scenario", ["etentjes", "omgang"])
def test_a_case_has_at_least_two_hundred_lines(content: Content, scenario: str) -> None:
    lines = {
        line.text
        for seat in content.scenarios[scenario].seats.values()
        for _, _, lines in seat.groups()
        for line in lines
    }
    assert len(lines) >= 200


@pytest.mark.parametrize(("scenario", "seat"), [*SEATS, *OWN])
def test_every_scene_answers_every_style(content: Content, scenario: str, seat: str) -> None:
    for scene in content.scenarios[scenario].seats[seat].scenes:
        assert set(scene.replies) == set(STYLES)


@pytest.mark.parametrize(("scenario", "seat"), [*SEATS, *OWN])
def test_every_way_of_beginning_a_scene_has_another_wording(
    content: Content, scenario: str, seat: str
) -> None:
    """So that going back once does not repeat the other."""
    for scene in content.scenarios[scenario].seats[seat].scenes:
        for trust in range(21):
            for openness in range(11):
                fitting = [s for s in scene.says if s.when.fits_state(trust, openness)]
                assert len(fitting) >= 2, (scene.id, trust, openness)


def run(case: Case, player: Player, seed: int) -> tuple[str, int, list[str]]:
    """Play until it ends: the ending, the trust, and what the other said."""
    reader = Reader.load()
    beat = begin(case, new_play(case, "case", "seat", seed))
    heard = [beat.opening or ""]
    for text, style in player(seed):
        reading = reader.read(text, " ".join(heard[-2:]))
        aside = None
        if reading.empty:
            aside = "silences"
        elif style == "other" and not reading.spoken:
            aside = "asides"
        beat = move(case, beat.play, Utterance(text, style, reading.does, aside))  # type: ignore[arg-type]
        heard += [line for line in (beat.reply, beat.opening, beat.farewell) if line]
        if beat.ending:
            return beat.ending.id, beat.play.trust, heard
    raise AssertionError("the play did not end")


@pytest.mark.parametrize(("scenario", "seat"), [*SEATS, *OWN])
def test_simulated_players_come_to_endings_that_fit(
    content: Content, scenario: str, seat: str
) -> None:
    case = case_of(content, scenario, seat)
    endings: dict[str, set[str]] = {}
    trust: dict[str, list[int]] = {}
    for name, player in PLAYERS.items():
        for seed in range(RUNS):
            ending, last, heard = run(case, player, seed)
            endings.setdefault(name, set()).add(ending)
            trust.setdefault(name, []).append(last)
            assert len(heard) == len(set(heard)), (name, seed)
    worst_good = min(level(t) for n in ("gentle", "responsible") for t in trust[n])
    best_bad = max(level(t) for t in trust["contempt"])
    assert worst_good >= best_bad + 2, trust
    assert max(trust["criticism"]) < min(trust["gentle"])
    # What is no conversation costs nothing: it drifts off with the trust of the beginning.
    for name in ("silent", "off_topic"):
        assert endings[name] == {case.seat.adrift}
        assert set(trust[name]) == {case.seat.start.trust}
    assert endings["copy_paste"] == {case.seat.adrift}
    # Good and bad play end differently, and who does both lies between.
    assert not endings["gentle"] & endings["contempt"]
    between = sum(trust["mixed"]) / RUNS
    assert sum(trust["contempt"]) / RUNS < between < sum(trust["gentle"]) / RUNS


def test_all_styles_are_played(content: Content) -> None:
    played: set[Style] = {style for p in PLAYERS.values() for _, style in p(1)}
    assert played == set(STYLES)


@pytest.mark.parametrize(("scenario", "seat"), [*SEATS, *OWN])
def test_the_last_words_fit_under_the_picture(content: Content, scenario: str, seat: str) -> None:
    caption = content.messages["look_curve"].variants[0] + content.messages["look_try"].variants[0]
    for ending in content.scenarios[scenario].seats[seat].endings:
        # A name, twenty signs and two levels stand in it too; Telegram takes 1024.
        assert len(caption) + len(ending.try_it) + 100 < 1024


def test_the_repositories_and_the_table_call_stages_alike() -> None:
    assert table.OVER == OVER
