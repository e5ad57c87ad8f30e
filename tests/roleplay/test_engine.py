"""How a play moves on: examples, and what must hold whatever is said."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.content import load
from bot.roleplay.engine import PATIENCE, Beat, begin, fits, move, rewind
from bot.roleplay.play import LEVELS, Case, Play, Utterance, level, new_play
from bot.roleplay.scenario import OPENNESS_MAX, STYLES, TRUST_MAX, Read, Style
from bot.roleplay.weigh import weigh
from tests.roleplay import example

CASES: dict[str, Case] = {"example": example.case()} | {
    f"{name}/{seat}": Case.of(scenario, seat, example.STYLES)
    for name, scenario in load().scenarios.items()
    for seat in scenario.seats
}
READS = get_args(Read)

utterances = st.builds(
    Utterance,
    text=st.sampled_from(["ja", "ik weet het niet zo goed", "dat zei ik je al eerder", ""]),
    style=st.sampled_from(STYLES),
    reads=st.frozensets(st.sampled_from(READS)),
    aside=st.sampled_from([None, None, None, "asides", "silences"]),
)
conversations = st.lists(utterances, max_size=60)
cases = st.sampled_from(sorted(CASES))
seeds = st.integers(0, 10**9)


def start(case: Case, seed: int = 1) -> Play:
    return begin(case, new_play(case, "case", "seat", seed)).play


def say(case: Case, play: Play, style: Style, *reads: Read, text: str = "") -> Beat:
    return move(
        case, play, Utterance(text or f"{style} {len(play.moments)}", style, frozenset(reads))
    )


def play_out(case: Case, play: Play, lines: list[Utterance]) -> list[Beat]:
    beats = []
    for line in lines:
        if play.ending:
            break
        beats.append(move(case, play, line))
        play = beats[-1].play
    return beats


# --- examples ---------------------------------------------------------------------


def test_a_play_starts_with_the_first_scene() -> None:
    case = example.case()
    beat = begin(case, new_play(case, "fiets", "noor", 1))
    assert beat.scene == case.seat.scenes[0]
    assert beat.opening in {line.text for line in case.seat.scenes[0].says}
    assert (beat.play.trust, beat.play.openness) == (8, 3)


def test_a_line_moves_trust_and_leads_on() -> None:
    case = example.case()
    beat = say(case, start(case), "validation")
    assert beat.moment is not None and beat.moment.change == 2
    assert beat.reply == "Fijn dat je dat zegt. Ik zag ertegenop."
    assert beat.ending is not None and beat.ending.id == "samen"
    assert beat.farewell == "Kom, ik betaal. We gaan nu."


def test_a_seat_can_take_a_style_harder_than_others() -> None:
    case = example.case()
    beat = say(case, start(case), "criticism")
    assert beat.moment is not None and beat.moment.change == -3
    assert beat.ending is not None and beat.ending.id == "stil"


def test_the_line_with_the_most_conditions_that_fit_is_said() -> None:
    case = example.case()
    with_feeling = say(case, start(case), "gentle_startup", "feeling")
    assert with_feeling.reply == "Nu je zegt hoe het voor je was, schaam ik me."
    without = say(case, start(case), "gentle_startup")
    assert without.reply == "Je hebt gelijk, dat slot. Ik durfde het niet te zeggen."


@pytest.mark.parametrize(
    ("style", "reads", "openness", "run", "trust", "reason"),
    [
        ("gentle_startup", {"event", "feeling"}, 5, 1, 2, "named"),
        ("gentle_startup", {"feeling"}, 5, 1, 1, None),
        ("validation", {"feeling", "answer"}, 5, 1, 3, "named"),
        ("open_question", set(), 5, 3, 0, "same_again"),
        ("gentle_startup", {"need"}, 5, 3, 1, None),
        ("proposal", {"request", "need"}, 3, 1, 0, "too_soon"),
        ("proposal", {"request"}, 4, 1, 1, None),
        ("criticism", set(), 5, 1, -3, None),
        ("criticism", {"feeling"}, 5, 1, -2, "feeling_heard"),
        ("contempt", {"feeling"}, 5, 1, -4, None),
        ("other", {"event", "need"}, 5, 9, 0, None),
    ],
)
def test_what_a_line_weighs_and_why(
    style: Style, reads: set[Read], openness: int, run: int, trust: int, reason: str | None
) -> None:
    change = weigh(example.case(), style, reads, openness, run)
    assert change.trust == trust
    assert change.reasons == ((style, reason) if reason else (style,))


def test_a_plan_that_the_other_asks_for_never_comes_too_soon() -> None:
    case = CASES["example"]
    assert weigh(case, "proposal", set(), openness=0, run=1).trust == 0
    assert weigh(case, "proposal", set(), openness=0, run=1, asked=True).trust > 0


def test_what_a_line_was_worth_is_known_when_trust_is_full() -> None:
    case = CASES["example"]
    play = start(case).model_copy(update={"trust": TRUST_MAX})
    moment = say(case, play, "responsibility").moment
    assert moment is not None
    assert moment.trust_after == TRUST_MAX
    assert moment.change > 0


def test_levels_are_five_equal_steps() -> None:
    assert [level(trust) for trust in (0, 3, 4, 7, 8, 11, 12, 15, 16, 20)] == [
        0, 0, 1, 1, 2, 2, 3, 3, 4, 4,
    ]  # fmt: skip


def test_asides_cost_nothing_and_each_line_comes_once() -> None:
    case = example.case()
    play = start(case)
    first = move(case, play, Utterance("wat is de hoofdstad van Peru", "other", aside="asides"))
    assert first.reply == case.seat.asides[0].text
    again = move(case, first.play, Utterance("en van Chili", "other", aside="asides"))
    assert again.reply is None
    assert again.play.model_copy(update={"said": (), "aside_run": 0}) == play.model_copy(
        update={"said": ()}
    )


def test_after_enough_asides_in_a_row_it_drifts_off() -> None:
    case = example.case()
    beats = play_out(case, start(case), [Utterance("?", "other", aside="silences")] * PATIENCE)
    assert [beat.play.ending for beat in beats] == [None] * (PATIENCE - 1) + ["stil"]


def two_scenes() -> Case:
    raw = example.raw()
    [first] = raw["seats"]["noor"]["scenes"]
    second = {
        **first,
        "id": "winkel",
        "says": ["Hier is de winkel.", "We zijn er."],
        "replies": {style: [f"In de winkel: {style}."] for style in STYLES},
    }
    first["next"] = [{"to": "winkel"}]
    raw["seats"]["noor"]["scenes"].append(second)
    raw["seats"]["noor"]["start"]["trust"] = 12
    return example.case(raw)


def test_the_same_words_again_are_noticed_and_cost_nothing() -> None:
    case = two_scenes()
    text = "Ik zag dat het slot kapot is."
    first = say(case, start(case), "gentle_startup", text=text)
    copied = say(case, first.play, "gentle_startup", text="ik ZAG dat het slot kapot is!")
    assert copied.aside == "repeats"
    assert (copied.play.trust, copied.play.scene) == (first.play.trust, "winkel")
    assert copied.reply == "Dat zei je net ook al."


def test_a_short_answer_may_come_twice() -> None:
    case = two_scenes()
    first = say(case, start(case), "other", text="ja klopt")
    assert say(case, first.play, "other", text="ja klopt").aside is None


def test_going_back_restores_all_but_what_the_other_said() -> None:
    case = two_scenes()
    play = start(case)
    one = say(case, play, "contempt")
    two = say(case, one.play, "criticism")
    assert two.play.ending == "stil"
    back = rewind(case, two.play, 1)
    assert back.scene is not None and back.scene.id == "winkel"
    assert (back.play.trust, back.play.openness) == (one.play.trust, one.play.openness)
    assert back.play.moments == one.play.moments
    assert back.play.ending is None
    [take] = back.play.earlier
    assert (take.ending, take.moments) == ("stil", two.play.moments)
    # The other wording, as the first one was heard.
    assert back.opening != one.opening
    assert {back.opening, one.opening} == {"Hier is de winkel.", "We zijn er."}


def test_going_back_before_the_end_leaves_no_take() -> None:
    case = two_scenes()
    one = say(case, start(case), "contempt")
    back = rewind(case, one.play, 0)
    assert back.play.earlier == ()
    assert back.play.trust == 12


def test_there_is_no_going_back_to_what_never_was() -> None:
    case = example.case()
    for number in (-1, 0, 5):
        with pytest.raises(IndexError):
            rewind(case, start(case), number)


def test_a_play_of_a_case_that_changed_is_noticed() -> None:
    case = two_scenes()
    play = say(case, start(case), "contempt").play
    assert fits(case, play)
    assert not fits(example.case(), play)


# --- what must hold whatever is said ------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(cases, seeds, conversations)
def test_numbers_stay_in_range_and_a_play_is_what_it_says(
    name: str, seed: int, lines: list[Utterance]
) -> None:
    case = CASES[name]
    for beat in play_out(case, start(case, seed), lines):
        assert 0 <= beat.play.trust <= TRUST_MAX
        assert 0 <= beat.play.openness <= OPENNESS_MAX
        assert 0 <= level(beat.play.trust) < len(LEVELS)
        assert (beat.ending is not None) == (beat.play.ending is not None)
        assert (beat.moment is None) == (beat.aside is not None)
        # A stored play comes back as it was.
        assert Play.model_validate_json(beat.play.model_dump_json()) == beat.play
        assert fits(case, beat.play)


@settings(max_examples=150, deadline=None)
@given(cases, seeds, conversations)
def test_no_line_of_the_other_comes_twice(name: str, seed: int, lines: list[Utterance]) -> None:
    case = CASES[name]
    beats = play_out(case, start(case, seed), lines)
    if beats:
        said = beats[-1].play.said
        assert len(said) == len(set(said))
        heard = [t for b in beats for t in (b.reply, b.opening, b.farewell) if t]
        assert len(heard) == len(set(heard))


@settings(max_examples=100, deadline=None)
@given(cases, seeds, conversations)
def test_asides_change_nothing_but_patience(name: str, seed: int, lines: list[Utterance]) -> None:
    case = CASES[name]
    play = start(case, seed)
    for beat in play_out(case, play, lines):
        if beat.aside:
            assert (beat.play.trust, beat.play.openness) == (play.trust, play.openness)
            assert (beat.play.scene, beat.play.moments) == (play.scene, play.moments)
        play = beat.play


@settings(max_examples=100, deadline=None)
@given(cases, seeds, conversations)
def test_the_same_lines_lead_to_the_same_play(name: str, seed: int, lines: list[Utterance]) -> None:
    case = CASES[name]
    once, again = (play_out(case, start(case, seed), lines) for _ in range(2))
    assert once == again


@settings(max_examples=100, deadline=None)
@given(cases, seeds, conversations, st.integers(0, 20))
def test_from_any_line_one_can_go_back_and_end_otherwise(
    name: str, seed: int, lines: list[Utterance], number: int
) -> None:
    case = CASES[name]
    beats = play_out(case, start(case, seed), lines)
    if not beats or number >= len(beats[-1].play.moments):
        return
    play = beats[-1].play
    back = rewind(case, play, number)
    before = play.moments[number]
    assert back.play.moments == play.moments[:number]
    assert (back.play.trust, back.play.scene) == (before.trust, before.scene)
    # What was said once is said again only where no other wording is left.
    assert set(play.said) <= set(back.play.said)
    rest = play_out(case, back.play, [u for u in lines if not u.aside])
    assert all(fits(case, beat.play) for beat in rest)


@settings(max_examples=100, deadline=None)
@given(cases, seeds, st.lists(st.sampled_from(STYLES), min_size=30, max_size=30))
def test_whoever_keeps_talking_comes_to_an_end(name: str, seed: int, styles: list[Style]) -> None:
    case = CASES[name]
    lines = [Utterance(f"regel nummer {n} is weer anders", s) for n, s in enumerate(styles)]
    beats = play_out(case, start(case, seed), lines)
    assert beats[-1].ending is not None
    assert all(beat.reply for beat in beats)
