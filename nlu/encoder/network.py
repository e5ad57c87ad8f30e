"""How the encoder and its heads learn: its layers, and one head for each question about a message.

Asked it is with `Reader`, which does the same sums without TensorFlow.

Method: fine-tuning of the upper layers of a pre-trained transformer with several heads at once
(Howard & Ruder 2018, "Universal Language Model Fine-tuning"; Liu et al. 2019, "Multi-Task Deep
Neural Networks"). What the lower layers make of a line never changes, so it is made once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

# Transformers looks for other frameworks and for its hub; neither is wanted.
os.environ.setdefault("USE_TORCH", "0")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import tensorflow as tf
from transformers import BertConfig
from transformers.models.bert.modeling_tf_bert import TFBertMainLayer

from nlu.encoder.weights import SCALE, Floats, Weights

BATCH = 32
DROPOUT = 0.1
HEAD_RATE = 5e-3
GRADIENT_NORM = 1.0
# What counts for nothing beside any other logarithm of a share.
FAR_BELOW = -10000.0
# So many batches are sorted by length together: less padding, yet a new mix each time.
SORTED_BATCHES = 20
# So often it is told how far learning has come: every few seconds.
STEPS_TOLD = 20
SEED = 42

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """One question about a message, with the lines that answer it.

    Args:
        answers: what it may be.
        targets: for each training line a row with ones for the answers that it allows; all
            zeros where a line says nothing about this question. Shape (lines, answers).
        smoothing: share of certainty withheld from the right answer.
        weight: of this question among the others.
    """

    answers: tuple[str, ...]
    targets: Floats
    smoothing: float = 0.1
    weight: float = 1.0


class Network:
    """The encoder with its heads.

    Args:
        weights: of the encoder before TeVoet's training.
        tuned: how many of the upper layers learn.
        answers: of each head, by its name.
    """

    def __init__(self, weights: Weights, tuned: int, answers: Mapping[str, Sequence[str]]) -> None:
        self._weights, self._tuned = weights, tuned
        self.answers = {name: tuple(values) for name, values in answers.items()}
        self._bert = _bert(weights)
        # The same lines must give the same reader.
        self._heads = {
            name: tf.keras.layers.Dense(
                len(v), kernel_initializer=tf.keras.initializers.GlorotUniform(SEED + number)
            )
            for number, (name, v) in enumerate(self.answers.items())
        }
        for head in self._heads.values():
            head.build((None, weights.width))
        self._dropout = tf.keras.layers.Dropout(DROPOUT, seed=SEED)

    # --- layers --------------------------------------------------------------------

    def _lower(self, words: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
        states = self._bert.embeddings(None, inputs_embeds=words, training=False)
        return self._through(self._bert.encoder.layer[: -self._tuned], states, mask, training=False)

    def _pool(self, states: tf.Tensor, mask: tf.Tensor, *, training: bool) -> tf.Tensor:
        upper = self._bert.encoder.layer[-self._tuned :]
        states = self._through(upper, states, mask, training=training)
        mean = tf.reduce_sum(states * mask[..., None], 1) / tf.reduce_sum(mask, 1, keepdims=True)
        return mean * SCALE

    @staticmethod
    def _through(
        layers: Iterable[tf.keras.layers.Layer],
        states: tf.Tensor,
        mask: tf.Tensor,
        *,
        training: bool,
    ) -> tf.Tensor:
        # Padding gets no attention: its scores go far below all others.
        attention = (1.0 - mask[:, None, None, :]) * FAR_BELOW
        for layer in layers:
            states = layer(states, attention, None, None, None, None, False, training=training)[0]
        return states

    # --- learning ------------------------------------------------------------------

    def lower_states(self, lines: Sequence[npt.NDArray[np.int64]]) -> list[npt.NDArray[np.float16]]:
        """What the layers that never change make of lines.

        Args:
            lines: pieces of each line.

        Returns:
            For each line the states of its pieces, shape (pieces, width).
        """
        lower = tf.function(self._lower, reduce_retracing=True, autograph=False)
        order = np.argsort([len(line) for line in lines])
        states: list[npt.NDArray[np.float16]] = [np.empty((0, 0), np.float16)] * len(lines)
        for start in range(0, len(order), 2 * BATCH):
            chosen = order[start : start + 2 * BATCH]
            batch, mask = _padded([self._weights.words(lines[i]) for i in chosen])
            made = lower(batch, mask).numpy()
            for row, i in enumerate(chosen):
                states[i] = made[row, : len(lines[i])].astype(np.float16)
        return states

    def learn(
        self,
        versions: Sequence[Sequence[npt.NDArray[np.float16]]],
        tasks: Mapping[str, Task],
        epochs: int,
        rate: float,
    ) -> None:
        """Train the upper layers and the heads.

        Args:
            versions: lower states of each line: as it was written first, then with typos. An
                epoch takes up to half of its lines with typos.
            tasks: by the name of their head.
            epochs: how often each line is seen.
            rate: of learning, for the layers; it falls to nearly nothing at the end.
        """
        tf.random.set_seed(SEED)
        chance = np.random.default_rng(SEED)
        count = len(versions[0])
        layers = [
            v
            for layer in self._bert.encoder.layer[-self._tuned :]
            for v in layer.trainable_variables
        ]
        heads = [v for head in self._heads.values() for v in head.trainable_variables]
        steps = epochs * (count // BATCH + 1)
        slow, fast = (
            tf.keras.optimizers.Adam(
                tf.keras.optimizers.schedules.PolynomialDecay(r, steps, r * 0.05),
                jit_compile=False,
            )
            for r in (rate, HEAD_RATE)
        )

        @tf.function(reduce_retracing=True, autograph=False)
        def step(states: tf.Tensor, mask: tf.Tensor, targets: dict[str, tf.Tensor]) -> None:
            with tf.GradientTape() as tape:
                pooled = self._dropout(self._pool(states, mask, training=True), training=True)
                loss = tf.add_n([
                    task.weight * _loss(targets[name], self._heads[name](pooled), task.smoothing)
                    for name, task in tasks.items()
                ])  # fmt: skip
            gradients, _ = tf.clip_by_global_norm(
                tape.gradient(loss, layers + heads), GRADIENT_NORM
            )
            slow.apply_gradients(zip(gradients[: len(layers)], layers, strict=True))
            fast.apply_gradients(zip(gradients[len(layers) :], heads, strict=True))

        done = 0
        for _ in range(epochs):
            # 0 is a line as it was written.
            version = chance.integers(0, len(versions), count) * chance.integers(0, 2, count)
            lines = [versions[v][i] for i, v in enumerate(version)]
            for chosen in _batches([len(line) for line in lines], chance):
                step(
                    *_padded([lines[i] for i in chosen]),
                    {name: tf.constant(task.targets[chosen]) for name, task in tasks.items()},
                )
                done += 1
                if done % STEPS_TOLD == 0:
                    logger.info("Learnt %d %%", 100 * done // steps)

    # --- keeping -------------------------------------------------------------------

    def trained(self) -> dict[str, npt.NDArray[np.float16]]:
        """All that was learnt, by name, to be kept."""
        return {name: v.numpy().astype(np.float16) for name, v in self._variables()}

    def _variables(self) -> Iterable[tuple[str, tf.Variable]]:
        for number, layer in enumerate(self._bert.encoder.layer[-self._tuned :]):
            for position, variable in enumerate(layer.trainable_variables):
                yield f"layer{number}.{position}", variable
        for name, head in self._heads.items():
            for position, variable in enumerate(head.trainable_variables):
                yield f"head.{name}.{position}", variable


def _loss(targets: tf.Tensor, found: tf.Tensor, smoothing: float) -> tf.Tensor:
    """Mean cross-entropy; a line without an answer (a row of zeros) counts for nothing.

    Of a line that allows several answers the sum of their shares counts (Cour, Sapp & Taskar
    2011, "Learning from Partial Labels").
    """
    shares = tf.nn.log_softmax(found)
    allowed = tf.reduce_logsumexp(tf.where(targets > 0, shares, FAR_BELOW), 1)
    lines = (1 - smoothing) * allowed + smoothing * tf.reduce_mean(shares, 1)
    return -tf.reduce_mean(lines * tf.reduce_max(targets, 1))


def _padded(lines: Sequence[npt.NDArray[Any]]) -> tuple[tf.Tensor, tf.Tensor]:
    """Lines of unequal length as one block, and which of its places are lines."""
    # Multiples of eight: each new shape costs a new graph.
    longest = -(-max(len(line) for line in lines) // 8) * 8
    block = np.zeros((len(lines), longest, lines[0].shape[1]), dtype=np.float32)
    mask = np.zeros((len(lines), longest), dtype=np.float32)
    for row, line in enumerate(lines):
        block[row, : len(line)], mask[row, : len(line)] = line, 1
    return tf.constant(block), tf.constant(mask)


def _batches(lengths: Sequence[int], chance: np.random.Generator) -> list[npt.NDArray[np.int64]]:
    """Numbers of lines in batches of about one length, in a random order."""
    order = chance.permutation(len(lengths))
    found = []
    for start in range(0, len(order), BATCH * SORTED_BATCHES):
        group = order[start : start + BATCH * SORTED_BATCHES]
        group = group[np.argsort([lengths[i] for i in group], kind="stable")]
        found += [group[i : i + BATCH] for i in range(0, len(group), BATCH)]
    return [found[i] for i in chance.permutation(len(found))]


def _bert(weights: Weights) -> TFBertMainLayer:
    """The encoder as it comes: all layers, without a table of words (Weights.words has it)."""
    width, inner = weights.width, weights.inner
    bert = TFBertMainLayer(
        BertConfig(
            vocab_size=1,
            hidden_size=width,
            num_hidden_layers=weights.layers,
            num_attention_heads=weights.heads,
            intermediate_size=inner,
            max_position_embeddings=weights.positions,
            layer_norm_eps=weights.epsilon,
        ),
        add_pooling_layer=False,
    )
    bert(None, inputs_embeds=tf.zeros((1, 1, width)))
    embeddings = bert.embeddings
    embeddings.position_embeddings.assign(weights.tensor("emb.pos", weights.positions, width))
    embeddings.token_type_embeddings.assign(weights.tensor("emb.type", 2, width))
    _normal(embeddings.LayerNorm, weights, "emb.ln", width)
    for number, layer in enumerate(bert.encoder.layer):
        attention = layer.attention
        for dense, name, rows, columns in (
            (attention.self_attention.query, "q", width, width),
            (attention.self_attention.key, "k", width, width),
            (attention.self_attention.value, "v", width, width),
            (attention.dense_output.dense, "ao", width, width),
            (layer.intermediate.dense, "fi", inner, width),
            (layer.bert_output.dense, "fo", width, inner),
        ):
            dense.kernel.assign(weights.tensor(f"l{number}.{name}.w", rows, columns).T)
            dense.bias.assign(weights.tensor(f"l{number}.{name}.b", rows))
        _normal(attention.dense_output.LayerNorm, weights, f"l{number}.aln", width)
        _normal(layer.bert_output.LayerNorm, weights, f"l{number}.oln", width)
    return bert


def _normal(norm: tf.keras.layers.Layer, weights: Weights, name: str, width: int) -> None:
    norm.gamma.assign(weights.tensor(f"{name}.w", width))
    norm.beta.assign(weights.tensor(f"{name}.b", width))
