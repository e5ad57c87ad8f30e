"""The encoder with its heads as an ONNX graph, for reading only: the same sums as Network.

TensorFlow costs 400 MB and seconds before it has read a word; it is needed for learning alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from nlu.encoder.weights import SCALE, Floats, Weights

# GELU and LayerNormalization are operators of their own from here on.
OPERATORS = helper.make_opsetid("", 20)
FORMAT = 9
STATES = "words"
# What Keras keeps of a layer, in its order; each of them is a matrix and a vector.
LEARNT = ("q", "k", "v", "ao", "aln", "fi", "fo", "oln")


def reading_graph(
    weights: Weights, kept: Mapping[str, npt.NDArray[Any]], heads: Sequence[str]
) -> tuple[ModelProto, dict[str, Floats]]:
    """Build the graph.

    Args:
        weights: of the encoder before TeVoet's training.
        kept: what was learnt, as Network.trained gives it.
        heads: their names; each is an output, probabilities of its answers.

    Returns:
        A graph that takes the vectors of a text's pieces, shape (pieces, width), and its weights by
        name: inside of the graph they would be copied again and again.

    Raises:
        KeyError: what was learnt is of a network with other layers or heads.
    """
    graph = _Graph(weights, kept)
    return graph.with_heads(heads), graph.arrays


class _Graph:
    """Adds one operation after another."""

    def __init__(self, weights: Weights, kept: Mapping[str, npt.NDArray[Any]]) -> None:
        self._weights, self._kept = weights, kept
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []
        self.arrays: dict[str, Floats] = {}

    def with_heads(self, heads: Sequence[str]) -> ModelProto:
        """All layers, and the heads on top of them."""
        weights = self._weights
        learnt = {name.split(".")[0] for name in self._kept if name.startswith("layer")}
        states = self._norm(self._placed(), self._given("emb.ln"))
        for number in range(weights.layers - len(learnt)):
            states = self._layer(states, self._layer_given(number))
        for number in range(len(learnt)):
            states = self._layer(states, self._layer_learnt(number))
        mean = self._do("ReduceMean", states, self._constant(np.array([0])), keepdims=1)
        pooled = self._do("Mul", mean, self._constant(np.float32(SCALE)))
        outputs = []
        for head in heads:
            kernel, bias = (_floats(self._kept[f"head.{head}.{part}"]) for part in (0, 1))
            self._do("Softmax", self._dense(pooled, kernel, bias), to=head, axis=-1)
            outputs.append(helper.make_tensor_value_info(head, TensorProto.FLOAT, [1, len(bias)]))
        words = helper.make_tensor_value_info(STATES, TensorProto.FLOAT, [None, weights.width])
        graph = helper.make_graph(self._nodes, "reader", [words], outputs, self._constants)
        return helper.make_model(graph, opset_imports=[OPERATORS], ir_version=FORMAT)

    # --- layers --------------------------------------------------------------------

    def _placed(self) -> str:
        """The words with what tells their places."""
        weights = self._weights
        places = weights.tensor("emb.pos", weights.positions, weights.width)
        places += weights.tensor("emb.type", 2, weights.width)[0]
        count = self._do("Shape", STATES, end=1)
        first = self._constant(np.array([0]))
        return self._do("Add", STATES, self._do("Slice", self._array(places), first, count, first))

    def _layer(self, states: str, of: Mapping[str, tuple[Floats, Floats]]) -> str:
        """One layer of a transformer (Devlin et al. 2019, "BERT"), normalised after each half."""
        attended = self._dense(self._attention(states, of), *of["ao"])
        states = self._norm(self._do("Add", states, attended), of["aln"])
        inner = self._do("Gelu", self._dense(states, *of["fi"]))
        return self._norm(self._do("Add", states, self._dense(inner, *of["fo"])), of["oln"])

    def _attention(self, states: str, of: Mapping[str, tuple[Floats, Floats]]) -> str:
        width, heads = self._weights.width, self._weights.heads
        split = self._constant(np.array([-1, heads, width // heads]))
        query, key, value = (
            self._do("Reshape", self._dense(states, *of[name]), split) for name in "qkv"
        )
        # By head: what each piece asks of every other.
        asked = self._do(
            "MatMul",
            self._do("Transpose", query, perm=[1, 0, 2]),
            self._do("Transpose", key, perm=[1, 2, 0]),
        )
        root = self._constant(np.float32(np.sqrt(width // heads)))
        shares = self._do("Softmax", self._do("Div", asked, root), axis=-1)
        found = self._do("MatMul", shares, self._do("Transpose", value, perm=[1, 0, 2]))
        together = self._do("Transpose", found, perm=[1, 0, 2])
        return self._do("Reshape", together, self._constant(np.array([-1, width])))

    def _dense(self, states: str, kernel: Floats, bias: Floats) -> str:
        return self._do("Gemm", states, self._array(kernel), self._array(bias))

    def _norm(self, states: str, of: tuple[Floats, Floats]) -> str:
        gamma, beta = map(self._array, of)
        epsilon = self._weights.epsilon
        return self._do("LayerNormalization", states, gamma, beta, axis=-1, epsilon=epsilon)

    # --- weights -------------------------------------------------------------------

    def _layer_given(self, number: int) -> dict[str, tuple[Floats, Floats]]:
        """A layer as it comes, its matrices with shape (in, out)."""
        width, inner = self._weights.width, self._weights.inner
        sizes = dict.fromkeys(("q", "k", "v", "ao"), (width, width))
        sizes |= {"fi": (inner, width), "fo": (width, inner)}
        dense = {
            name: (
                self._weights.tensor(f"l{number}.{name}.w", *size).T,
                self._weights.tensor(f"l{number}.{name}.b", size[0]),
            )
            for name, size in sizes.items()
        }
        return dense | {name: self._given(f"l{number}.{name}") for name in ("aln", "oln")}

    def _layer_learnt(self, number: int) -> dict[str, tuple[Floats, Floats]]:
        """A layer that learnt."""
        values = [_floats(self._kept[f"layer{number}.{n}"]) for n in range(2 * len(LEARNT))]
        return dict(zip(LEARNT, zip(values[::2], values[1::2], strict=True), strict=True))

    def _given(self, name: str) -> tuple[Floats, Floats]:
        gamma, beta = (self._weights.tensor(f"{name}.{part}", self._weights.width) for part in "wb")
        return gamma, beta

    # --- the graph -----------------------------------------------------------------

    def _do(self, operation: str, *inputs: str, to: str | None = None, **how: Any) -> str:
        """Add an operation; gives the name of what comes of it."""
        name = to or f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(operation, inputs, [name], **how))
        return name

    def _constant(self, value: npt.NDArray[Any] | np.float32) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def _array(self, value: Floats) -> str:
        """A constant that is handed over beside the graph."""
        name = f"c{len(self._constants)}"
        self.arrays[name] = np.ascontiguousarray(value)
        tensor = TensorProto(
            name=name, dims=value.shape, data_type=TensorProto.FLOAT,
            data_location=TensorProto.EXTERNAL,
        )  # fmt: skip
        tensor.external_data.add(key="location", value=name)
        self._constants.append(tensor)
        return name


def _floats(values: npt.NDArray[Any]) -> Floats:
    return values.astype(np.float32)
