"""Losses of generalised linear models, for many problems at once.

Linear predictors `eta`, targets and what is computed from them are [n, p, k]: n rows, p problems,
k outputs a problem (1, or the number of classes). Arrays are of numpy or torch.
"""

from typing import Any, Protocol

from array_api_compat import array_namespace

Array = Any


class Loss(Protocol):
    """A convex loss of a row, with its first and second derivative in the linear predictor."""

    def values(self, eta: Array, targets: Array) -> Array:
        """The loss of each row, [n, p], in nats where it is a negative log-likelihood."""

    def predictions(self, eta: Array) -> Array:
        """The mean of the target that `eta` stands for; the gradient is it minus the target."""

    def curvatures(self, predictions: Array) -> Array:
        """The diagonal of the second derivative, [n, p, k]."""

    def curved(self, predictions: Array, change: Array) -> Array:
        """The second derivative times a change of `eta`."""


class Bernoulli:
    """Two labels: targets in [0, 1], eta the log-odds of label 1; k = 1."""

    def values(self, eta: Array, targets: Array) -> Array:
        """log(1 + exp(eta)) - target eta, without overflow."""
        xp = array_namespace(eta)
        softplus = xp.log1p(xp.exp(-xp.abs(eta))) + xp.where(eta > 0, eta, xp.zeros_like(eta))
        return (softplus - targets * eta)[..., 0]

    def predictions(self, eta: Array) -> Array:
        """The probability of label 1."""
        xp = array_namespace(eta)
        # exp of a negative number alone, as that of a large one overflows.
        small = xp.exp(-xp.abs(eta))
        return xp.where(eta > 0, xp.ones_like(eta), small) / (1 + small)

    def curvatures(self, predictions: Array) -> Array:
        """p (1 - p)."""
        return predictions * (1 - predictions)

    def curved(self, predictions: Array, change: Array) -> Array:
        """p (1 - p) times the change."""
        return self.curvatures(predictions) * change


class Categorical:
    """k classes that exclude each other: targets one-hot, eta the logits."""

    def values(self, eta: Array, targets: Array) -> Array:
        """log sum exp(eta) - eta of the class that is right."""
        xp = array_namespace(eta)
        largest = xp.max(eta, axis=-1, keepdims=True)
        total = xp.log(xp.sum(xp.exp(eta - largest), axis=-1)) + largest[..., 0]
        return total - xp.sum(targets * eta, axis=-1)

    def predictions(self, eta: Array) -> Array:
        """The probabilities of the classes."""
        xp = array_namespace(eta)
        parts = xp.exp(eta - xp.max(eta, axis=-1, keepdims=True))
        return parts / xp.sum(parts, axis=-1, keepdims=True)

    def curvatures(self, predictions: Array) -> Array:
        """p (1 - p), a class at a time."""
        return predictions * (1 - predictions)

    def curved(self, predictions: Array, change: Array) -> Array:
        """(diag(p) - p pT) times the change."""
        xp = array_namespace(predictions)
        along = xp.sum(predictions * change, axis=-1, keepdims=True)
        return predictions * (change - along)


class Gaussian:
    """A real-valued target with unit variance, eta its mean; k = 1. With it, ridge regression."""

    def values(self, eta: Array, targets: Array) -> Array:
        """Half the squared error."""
        return ((eta - targets) ** 2)[..., 0] / 2

    def predictions(self, eta: Array) -> Array:
        """The mean itself."""
        return eta

    def curvatures(self, predictions: Array) -> Array:
        """1 everywhere."""
        xp = array_namespace(predictions)
        return xp.ones_like(predictions)

    def curved(self, predictions: Array, change: Array) -> Array:
        """The change itself."""
        return change
