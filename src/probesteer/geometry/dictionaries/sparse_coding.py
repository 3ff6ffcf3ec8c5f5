"""Classic sparse coding: codes and atoms in turn (Olshausen & Field 1996; Mairal et al. 2009)."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import MiniBatchDictionaryLearning, sparse_encode
from sklearn.exceptions import ConvergenceWarning

from probesteer.geometry.dictionaries.dictionary import (
    FloatArray,
    Rows,
    geometric_median,
    sample_of,
)


@dataclass
class SparseCodingSettings:
    """How a dictionary is learned."""

    atoms: int = 64
    penalty: float = 0.1
    """Of the sum of the absolute codes, as a share of the mean norm of the centred activations:
    about how strongly an atom must be present for its code not to be 0."""
    epochs: int = 20
    batch: int = 256


@dataclass(frozen=True, eq=False)
class SparseCoding:
    """Codes minimise |x - c A|^2 / 2 + penalty |c|_1, none of them negative."""

    atoms: FloatArray
    """[k, d], unit norm."""
    offset: FloatArray
    """[d], geometric median of the activations it was learned from."""
    penalty: float
    """In units of activations."""

    def encode(self, X: Rows) -> FloatArray:
        """Codes of X: [n, d] -> [n, k], by coordinate descent."""
        centred = np.asarray(X, dtype=np.float64) - self.offset
        with _without_gap_warnings():
            codes: FloatArray = sparse_encode(
                centred, self.atoms, algorithm="lasso_cd", alpha=self.penalty, positive=True
            )
        return codes


def fit_sparse_coding(X: Rows, settings: SparseCodingSettings, seed: int) -> SparseCoding:
    """Learn a dictionary of X: [n, d] with scikit-learn's online algorithm.

    Codes are kept from being negative, so that an atom stands for the presence of something and
    not, with the other sign, for its opposite.
    """
    rows = np.asarray(X, dtype=np.float64)
    offset = geometric_median(sample_of(rows))
    penalty = settings.penalty * float(np.linalg.norm(rows - offset, axis=1).mean())
    model = MiniBatchDictionaryLearning(
        n_components=settings.atoms,
        alpha=penalty,
        max_iter=settings.epochs,
        batch_size=settings.batch,
        fit_algorithm="cd",
        positive_code=True,
        random_state=seed,
        # By epochs alone: the same work for every seed.
        tol=0.0,
        max_no_improvement=None,
    )
    with _without_gap_warnings():
        model.fit(rows - offset)
    norms = np.linalg.norm(model.components_, axis=1, keepdims=True)
    atoms = model.components_ / np.where(norms > 0, norms, 1)
    return SparseCoding(atoms, offset, penalty)


@contextmanager
def _without_gap_warnings() -> Iterator[None]:
    """scikit-learn asks codes for a duality gap of 1e-8 of the variance and lets nobody choose.

    After its 1,000 rounds the gaps of a few examples are about 1e-5, which changes no figure.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield
