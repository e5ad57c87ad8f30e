"""Asks the encoder and its heads about a text; what they know was learnt by Network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession, OrtValue, SessionOptions

from nlu.encoder.graph import STATES, reading_graph
from nlu.encoder.weights import Floats, Weights

# Nothing to tell but errors.
ERRORS = 3


class Reader:
    """Answers questions about a text.

    Args:
        weights: of the encoder before TeVoet's training.
        kept: what was learnt, as Network.trained gives it.
        answers: of each head, by its name.

    Raises:
        KeyError: what was learnt is of a network with other layers or heads.
    """

    def __init__(
        self,
        weights: Weights,
        kept: Mapping[str, npt.NDArray[Any]],
        answers: Mapping[str, Sequence[str]],
    ) -> None:
        self._weights = weights
        self.answers = {name: tuple(values) for name, values in answers.items()}
        options = SessionOptions()
        # One message is too small to share between threads.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS
        # Not in an arena, which grows by doubling.
        options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
        graph, arrays = reading_graph(weights, kept, list(self.answers))
        # The session packs them anew in its own memory; they are only lent.
        lent = [OrtValue.ortvalue_from_numpy(array) for array in arrays.values()]
        options.add_external_initializers(list(arrays), lent)
        self._session = InferenceSession(
            graph.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def ask(self, pieces: npt.NDArray[np.int64]) -> dict[str, Floats]:
        """What each head makes of one text: probabilities in the order of its answers.

        Args:
            pieces: of the text, as from Tokens.
        """
        found = self._session.run(list(self.answers), {STATES: self._weights.words(pieces)})
        return {name: shares[0] for name, shares in zip(self.answers, found, strict=True)}
