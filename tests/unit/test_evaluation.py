"""The evaluation sets stay apart from the training data, and the figures mean what they say."""

from __future__ import annotations

from collections import defaultdict

import pytest

from nlu.evaluation import measure
from nlu.evaluation.measure import Heard, Share
from nlu.evaluation.sets import (
    HASH_FILE,
    SETS,
    Line,
    fingerprint,
    noisy,
    read,
    shingles,
    training_lines,
)

# Two texts that share this part of their groups of four letters are copies of each other.
NEAR_COPY = 0.7


def heard(intent: str, confidence: float = 0.9, options: tuple[str, ...] = ()) -> Heard:
    return Heard(((intent, confidence),), "none", None, options, 0.01)


@pytest.mark.parametrize("name", SETS)
def test_no_line_of_a_set_or_near_copy_stands_in_the_training_data(name: str) -> None:
    trained = [shingles(text) for text, _ in training_lines()]
    by_group = defaultdict(set)
    for number, groups in enumerate(trained):
        for group in groups:
            by_group[group].add(number)
    for line in read(SETS[name]):
        groups = shingles(line.text)
        shared: dict[int, int] = defaultdict(int)
        for group in groups:
            for number in by_group.get(group, ()):
                shared[number] += 1
        nearest = max((n / len(groups | trained[i]) for i, n in shared.items()), default=0.0)
        assert nearest < NEAR_COPY, f"{name}: a line is in the training data"


def test_the_sets_are_as_large_as_they_must_be() -> None:
    dev, held_out = read(SETS["dev"]), read(SETS["held_out"])
    assert len(dev) >= 600
    assert len(held_out) >= 1000
    assert sum(measure.is_crisis(line) for line in held_out) >= 200
    assert sum(line.veiled for line in held_out) >= 100


def test_the_held_out_set_is_the_frozen_one() -> None:
    assert fingerprint(SETS["held_out"]) == HASH_FILE.read_text().strip()


def test_the_sets_share_no_line() -> None:
    assert not {x.text for x in read(SETS["dev"])} & {x.text for x in read(SETS["held_out"])}


def test_noise_hits_about_one_letter_in_ten_and_is_the_same_each_time() -> None:
    text = "ik weet niet of ik hem nog kan vertrouwen na alles wat er is gebeurd " * 20
    typed = noisy(text, 1)
    assert typed == noisy(text, 1) != noisy(text, 2)
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
