"""A network with one hidden layer: what is there to read that no hyperplane reads?"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from probesteer.probes.estimators.interface import FittedProbe, FloatArray, Labels
from probesteer.probes.estimators.standardisation import (
    Standardisation,
    fit_standardisation,
    training_rows,
)

HIDDEN = 32
EPOCHS = 40
PATIENCE = 6
"""Epochs after which training ends if the loss on the held-out rows hasn't fallen."""
_LEAST_FALL = 1e-3  # nats a row; less is no fall
_PENALTY = 1e-3
_BATCH = 64
_STREAM = zlib.crc32(b"one hidden layer")


@dataclass(frozen=True, eq=False)
class HiddenLayerProbe:
    """Scores are `relu(X @ inner + inner_bias) @ outer + outer_bias`, X as recorded."""

    inner: FloatArray
    """[d, hidden], in raw activation space."""
    inner_bias: FloatArray
    """[hidden]"""
    outer: FloatArray
    """[hidden]"""
    outer_bias: float
    epochs: int
    """Passes over the training rows."""
    linear: bool = False
    log_odds: bool = True

    def scores(self, X: Any) -> FloatArray:
        """Log-odds of label 1, [n], for X: [n, d] of any float dtype."""
        hidden = np.asarray(X, dtype=np.float64) @ self.inner + self.inner_bias
        scores: FloatArray = np.maximum(hidden, 0.0) @ self.outer + self.outer_bias
        return scores


def fit_mlp(
    X: NDArray[Any], y: Labels, groups: NDArray[Any], pairs: NDArray[Any] | None, seed: int
) -> FittedProbe:
    """Score = log-odds of label 1 by a network of `HIDDEN` rectified units (scikit-learn's).

    Features are standardised; the loss is the log loss plus a small L2 penalty, the optimiser
    Adam. Training stops early (Prechelt 1998): first one fold of whole groups is held out, and
    the epoch of its lowest loss found; then the network is trained anew on all rows for as many
    epochs, so that it has seen as much as the probes beside it. Pairs play no part.
    Raises UnfittableError where no groups can be held out.
    """
    # Imported here: it brings in scikit-learn, which takes a second.
    from probesteer.probes.estimators.folds import training_folds

    rows = training_rows(X, y, "MLP")
    fold = training_folds(y, groups, seed, "MLP")[0]
    standardisation = fit_standardisation(rows)
    scaled = standardisation.apply(rows).astype(np.float32)
    random_state = int(np.random.default_rng([seed, _STREAM]).integers(2**31))
    held_out = (scaled[fold.held_out], y[fold.held_out])
    network = _Training(random_state)
    lowest, epochs = np.inf, 0
    for epoch in range(1, EPOCHS + 1):
        network.epoch(scaled[fold.fit], y[fold.fit])
        loss = network.loss(*held_out)
        if loss < lowest - _LEAST_FALL:
            lowest, epochs = loss, epoch
        if epoch - epochs >= PATIENCE:
            break
    epochs = max(epochs, 1)
    final = _Training(random_state)
    for _ in range(epochs):
        final.epoch(scaled, y)
    return final.probe(standardisation, epochs)


class _Training:
    """A network that is trained an epoch at a time."""

    def __init__(self, random_state: int) -> None:
        from sklearn.neural_network import MLPClassifier

        self._network = MLPClassifier(
            hidden_layer_sizes=(HIDDEN,),
            alpha=_PENALTY,
            batch_size=_BATCH,
            random_state=random_state,
        )

    def epoch(self, scaled: NDArray[np.float32], y: Labels) -> None:
        """One pass over scaled: [n, d], y: [n]."""
        self._network.batch_size = min(_BATCH, len(y))
        self._network.partial_fit(scaled, y, classes=[0, 1])

    def loss(self, scaled: NDArray[np.float32], y: Labels) -> float:
        """Mean log loss of rows, nats."""
        inner, outer = self._network.coefs_
        inner_bias, outer_bias = self._network.intercepts_
        scores = np.maximum(scaled @ inner + inner_bias, 0) @ outer[:, 0] + outer_bias[0]
        return float(np.logaddexp(0.0, np.where(y == 1, -scores, scores).astype(np.float64)).mean())

    def probe(self, standardisation: Standardisation, epochs: int) -> HiddenLayerProbe:
        """The network as it is, for raw activations."""
        inner, outer = (layer.astype(np.float64) for layer in self._network.coefs_)
        inner_bias, outer_bias = (bias.astype(np.float64) for bias in self._network.intercepts_)
        raw = inner / standardisation.scale[:, None]
        return HiddenLayerProbe(
            raw, inner_bias - standardisation.mean @ raw, outer[:, 0], float(outer_bias[0]), epochs
        )
