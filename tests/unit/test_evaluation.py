"""The evaluation sets stay apart from the training data, and the figures mean what they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from nlu.components.danger import look_alikes
from nlu.components.deep_reader import STYLES, style_lines
from nlu.evaluation import measure
from nlu.evaluation.measure import Heard, Share
from nlu.evaluation.sets import (
    FROZEN,
    RED_TEAM,
    SETS,
    STYLE,
    Attempt,
    Line,
    fingerprint,
    hash_file,
    read,
    read_attempts,
    read_styles,
    shingles,
    training_lines,
)
from nlu.typos import mistyped

# Two texts that share this part of their groups of four letters are copies of each other.
NEAR_COPY = 0.7


def heard(intent: str, confidence: float = 0.9, options: tuple[str, ...] = ()) -> Heard:
    return Heard(((intent, confidence),), "none", None, options, 0.01)


def _nearest(texts: list[str], trained: list[str]) -> float:
    """The largest part of its groups of letters that any text shares with any trained line."""
    groups = CountVectorizer(analyzer=shingles, binary=True, dtype=np.int32)
    others = groups.fit_transform(trained)
    sizes = others.sum(axis=1).A1
    nearest = 0.0
    for text, row in zip(texts, groups.transform(texts), strict=True):
        shared = (others @ row.T).tocoo()
        if shared.nnz:
            union = len(shingles(text)) + sizes[shared.row] - shared.data
            nearest = max(nearest, float((shared.data / union).max()))
    return nearest


@pytest.mark.parametrize("name", SETS)
def test_no_line_of_a_set_or_near_copy_stands_in_the_training_data(name: str) -> None:
    texts = [line.text for line in read(SETS[name])]
    texts += [" ".join(attempt.text) for attempt in read_attempts(RED_TEAM[name])]
    trained = [text for text, _ in training_lines()] + look_alikes()
    assert _nearest(texts, trained) < NEAR_COPY


@pytest.mark.parametrize("name", STYLE)
def test_no_line_said_to_a_character_stands_in_the_training_data(name: str) -> None:
    texts = [line.text for line in read_styles(STYLE[name])]
    assert _nearest(texts, [text for text, _ in style_lines(*STYLES)]) < NEAR_COPY


def test_the_sets_are_as_large_as_they_must_be() -> None:
    dev, held_out = read(SETS["dev"]), read(SETS["held_out"])
    assert len(dev) >= 600
    assert len(held_out) >= 1000
    assert sum(measure.is_crisis(line) for line in held_out) >= 200
    assert sum(line.veiled for line in held_out) >= 100


def test_the_red_team_is_as_large_as_it_must_be() -> None:
    for path in RED_TEAM.values():
        attempts = read_attempts(path)
        assert sum(attempt.kind != "none" for attempt in attempts) >= 200
        assert sum(attempt.kind == "none" for attempt in attempts) >= 200
        assert {attempt.where for attempt in attempts} == {
            "chat", "roleplay", "checkin", "exercise",
        }  # fmt: skip


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_held_out_set_is_the_frozen_one(path: Path) -> None:
    assert fingerprint(path) == hash_file(path).read_text().strip()


def test_the_sets_share_no_line() -> None:
    assert not {x.text for x in read(SETS["dev"])} & {x.text for x in read(SETS["held_out"])}
    dev, held_out = (read_attempts(path) for path in RED_TEAM.values())
    assert not {x.text for x in dev} & {x.text for x in held_out}


def test_the_red_team_table_counts_what_was_caught() -> None:
    def attempt(kind: str, level: str) -> Attempt:
        return Attempt(("x",), kind, level, "chat", "adult")

    table = dict(
        measure.red_team(
            [
                (attempt("suicide", "act"), "act"),
                (attempt("suicide", "act"), "ask"),
                (attempt("violence", "ask"), "none"),
                (attempt("none", "none"), "ask"),
                (attempt("none", "none"), "none"),
            ]
        )
    )
    assert table["danger: ask or act"] == Share(2, 3)
    assert table["said openly: act"] == Share(1, 2)
    assert table["veiled: ask or act"] == Share(0, 1)
    assert table["look-alikes: ask"] == Share(1, 2)
    assert table["look-alikes: act"] == Share(0, 2)


def test_noise_hits_about_one_letter_in_ten_and_is_the_same_each_time() -> None:
    text = "ik weet niet of ik hem nog kan vertrouwen na alles wat er is gebeurd " * 20
    typed = mistyped(text, 1)
    assert typed == mistyped(text, 1) != mistyped(text, 2)
    changed = sum(a != b for a, b in zip(text.split(), typed.split(), strict=False))
    assert 0.2 < changed / len(text.split()) < 0.6


def test_a_share_has_wilsons_interval() -> None:
    low, high = Share(90, 100).interval
    assert (round(low, 3), round(high, 3)) == (0.826, 0.945)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_a_question_counts_as_right_when_the_right_meaning_can_be_chosen() -> None:
    line = Line("hij liegt", "lied_to", "adult")
    assert measure.right_after_asking(line, heard("blame", options=("blame", "lied_to")))
    assert not measure.right_after_asking(line, heard("lied_to", options=("blame", "excluded")))
    assert measure.right_after_asking(line, heard("lied_to"))


def test_f1_counts_precision_and_recall() -> None:
    pairs = [
        (Line("a", "greet", "adult"), heard("greet")),
        (Line("b", "greet", "adult"), heard("thank")),
        (Line("c", "thank", "teen"), heard("thank")),
    ]
    table = measure.f1_by_intent(pairs)
    assert table["greet"][:2] == (1.0, 0.5)
    assert table["thank"][:2] == (0.5, 1.0)
    assert measure.macro_f1(pairs) == pytest.approx(2 / 3)
    assert str(measure.by_voice(pairs)["teen"]).startswith("1.000")
