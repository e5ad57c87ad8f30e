"""Going through exercises at random: nothing gets stuck, nothing is lost, nothing is made up."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.content import load
from bot.exercises import engine
from bot.exercises.engine import Sitting
from bot.exercises.exercise import Exercise

EXERCISES = load().exercises
ANY_EXERCISE = st.sampled_from(list(EXERCISES.values()))
SIDES = st.sampled_from(["hurt", "breaker", None])
RELATIONS = st.sampled_from(["partner", "self", None])
# What somebody does: type, choose a number, skip, go back.
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("type"), st.text(max_size=200)),
        st.tuples(st.just("choose"), st.integers(0, 5)),
        st.tuples(st.just("skip"), st.none()),
        st.tuples(st.just("back"), st.none()),
    ),
    max_size=40,
)


def move(exercise: Exercise, sitting: Sitting, kind: str, what: object) -> Sitting:
    if kind == "skip":
        return engine.skip(exercise, sitting)
    if kind == "back":
        return engine.back(sitting)
    if kind == "type":
        return engine.answer(exercise, sitting, str(what))
    options = exercise.steps[sitting.asked or exercise.first].options
    words = options[int(str(what)) % len(options)].label if options else "dat weet ik"
    return engine.answer(exercise, sitting, words)


def walk(exercise: Exercise, start: Sitting, moves: list[tuple[str, object]]) -> list[Sitting]:
    sittings = [start]
    for kind, what in moves:
        sittings.append(move(exercise, sittings[-1], kind, what))
    return sittings


def straight(exercise: Exercise, side: str | None = "hurt", choice: int = 0) -> Sitting:
    """An exercise in which everything was answered."""
    sitting = engine.begin(exercise, side)
    while not sitting.done:
        sitting = move(exercise, sitting, "choose", choice)
    return sitting


def test_there_is_an_exercise_for_each_of_the_fifteen_tips() -> None:
    assert list(EXERCISES) == [tip.id for tip in load().tips]
    assert len(EXERCISES) == 15


@given(ANY_EXERCISE, SIDES, RELATIONS, MOVES)
def test_whatever_is_done_leads_along_a_way_that_exists(
    exercise: Exercise, side: str | None, relation: str | None, moves: list[tuple[str, object]]
) -> None:
    for sitting in walk(exercise, engine.begin(exercise, side, relation), moves):
        way = [*sitting.trail, sitting.step or "end"]
        assert way[0] == exercise.first
        for name, following in pairwise(way):
            assert exercise.after(name, sitting.answers.get(name)) == following
        assert len(set(way)) == len(way)


@given(ANY_EXERCISE, SIDES, RELATIONS, MOVES)
def test_what_is_kept_is_made_of_answers_on_the_way_taken_and_of_nothing_else(
    exercise: Exercise, side: str | None, relation: str | None, moves: list[tuple[str, object]]
) -> None:
    for sitting in walk(exercise, engine.begin(exercise, side, relation), moves):
        known = engine.answered(exercise, sitting)
        assert known.keys() <= set(sitting.trail) & sitting.answers.keys()
        for _, text in engine.outcome(exercise, sitting):
            assert engine.placeholders(text) <= known.keys() | {"other", "Other"}


@given(ANY_EXERCISE, SIDES, MOVES)
def test_whoever_answers_on_comes_to_the_end_within_seven_more_steps_and_keeps_something(
    exercise: Exercise, side: str | None, moves: list[tuple[str, object]]
) -> None:
    sitting = walk(exercise, engine.begin(exercise, side), moves)[-1]
    steps = 0
    while not sitting.done:
        sitting = move(exercise, sitting, "choose", 1)
        steps += 1
    assert steps <= 7
    assert 3 <= len(sitting.trail) <= 7
    assert engine.outcome(exercise, sitting)


@given(ANY_EXERCISE, st.integers(0, 5))
def test_back_undoes_a_step_and_keeps_its_answer_at_hand(exercise: Exercise, choice: int) -> None:
    sitting = engine.begin(exercise)
    while not sitting.done:
        further = move(exercise, sitting, "choose", choice)
        if not further.done:
            returned = engine.back(further)
            assert (returned.step, returned.trail) == (sitting.step, sitting.trail)
            assert returned.answers[str(sitting.step)]
            assert engine.answer(exercise, returned, returned.answers[str(sitting.step)]) == further
        sitting = further


@given(ANY_EXERCISE, MOVES)
def test_a_sitting_comes_back_from_the_store_as_it_was(
    exercise: Exercise, moves: list[tuple[str, object]]
) -> None:
    for sitting in walk(exercise, engine.begin(exercise, "hurt", "ex", "ex-man"), moves):
        stored = json.loads(json.dumps(sitting.as_json()))
        assert Sitting.from_json(stored, exercise) == sitting


@given(ANY_EXERCISE, st.text(min_size=1, max_size=50).filter(str.strip))
def test_an_answer_can_be_changed_afterwards_without_changing_the_rest(
    exercise: Exercise, words: str
) -> None:
    done = straight(exercise)
    for name in engine.changeable(exercise, done):
        changing = engine.change(exercise, done, name)
        assert changing.asked == name
        assert engine.back(changing) == done
        changed = engine.answer(exercise, changing, words)
        if exercise.steps[name].options:
            assert changed in (changing, done)
        else:
            assert changed == replace(done, answers={**done.answers, name: words.strip()})


@pytest.mark.parametrize("name", EXERCISES)
@pytest.mark.parametrize("side", ["hurt", "breaker"])
def test_what_only_can_be_skipped_can_be_left_open_and_something_is_kept(
    name: str, side: str
) -> None:
    exercise = EXERCISES[name]
    sitting = engine.begin(exercise, side)
    while not sitting.done:
        skipped = engine.skip(exercise, sitting)
        sitting = move(exercise, sitting, "choose", 0) if skipped == sitting else skipped
    assert engine.outcome(exercise, sitting)


def test_an_empty_answer_and_one_that_is_no_option_change_nothing() -> None:
    exercise = EXERCISES["geef_toe"]
    first = engine.begin(exercise)
    assert engine.answer(exercise, first, " \n ") == first
    second = engine.answer(exercise, first, "dat hij gaat")
    assert engine.answer(exercise, second, "heel erg") == second
    assert engine.skip(exercise, second) == second


def test_where_a_coach_took_a_step_away_it_begins_anew_with_the_answers_at_hand() -> None:
    exercise = EXERCISES["geef_toe"]
    stored = {**engine.begin(exercise).as_json(), "step": "weg", "answers": {"bang": "x"}}
    sitting = Sitting.from_json(stored, exercise)
    assert (sitting.step, sitting.trail) == ("bang", ())
    assert sitting.answers == {"bang": "x"}


@pytest.mark.parametrize(
    ("typed", "reads"),
    [
        ("hij weggaat", "hij weggaat"),
        ("dat hij weggaat", "hij weggaat"),
        ("ik ben bang dat hij weggaat", "hij weggaat"),
        ("Ik ben vooral bang dat, ja, dat hij gaat", "ja, dat hij gaat"),
        ("ik alles kwijtraak", "ik alles kwijtraak"),
        ("dat", "dat"),
    ],
)
def test_the_beginning_of_a_sentence_is_not_said_twice(typed: str, reads: str) -> None:
    exercise = EXERCISES["geef_toe"]
    sitting = engine.answer(exercise, engine.begin(exercise, "hurt"), typed)
    assert engine.answered(exercise, sitting)["bang"] == reads


def test_a_long_answer_is_quoted_in_part_and_kept_whole() -> None:
    exercise = EXERCISES["wat_wel"]
    words = "ruzie over geld en over de kinderen " * 10
    sitting = engine.answer(exercise, engine.begin(exercise), words)
    quoted = engine.answered(exercise, sitting, quoted=True)["niet"]
    assert len(quoted) <= engine.QUOTED + 3
    assert quoted.endswith("...")
    assert engine.answered(exercise, sitting)["niet"] == words.strip()


def test_both_sides_and_oneself_are_spoken_to_in_their_own_words() -> None:
    letter = EXERCISES["vergeef"]
    said = {
        letter.steps["gebeurd"].ask.words(side, relation)
        for side, relation in (("hurt", "ex"), ("breaker", "ex"), ("hurt", "self"))
    }
    assert len(said) == 3
    for name in ("geef_toe", "durf_te_delen", "laat_het_zien", "vergeef"):
        assert EXERCISES[name].asks_side
