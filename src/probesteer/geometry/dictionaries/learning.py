"""Learn a dictionary of any kind from the training rows of several concepts."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import NDArray

from probesteer.geometry.dictionaries.autoencoder import (
    AutoencoderSettings,
    Kind,
    fit_autoencoder,
)
from probesteer.geometry.dictionaries.dictionary import Dictionary
from probesteer.geometry.dictionaries.sparse_coding import SparseCodingSettings, fit_sparse_coding
from probesteer.geometry.dictionaries.tables import ConceptAt
from probesteer.settings.schema import DictionarySettings


def learned(kind: str, X: NDArray[np.float32], asked: DictionarySettings, seed: int) -> Dictionary:
    """Fit a dictionary of one of `geometry.dictionaries.kinds` to X: [n, d]."""
    if kind == "sparse_coding":
        coding = SparseCodingSettings(asked.atoms, asked.coding_penalty, asked.epochs)
        return fit_sparse_coding(X, coding, seed)
    settings = AutoencoderSettings(
        kind=cast(Kind, kind),
        atoms=asked.atoms,
        active=asked.active,
        penalty=asked.penalty,
        steps=asked.steps,
    )
    return fit_autoencoder(X, settings, seed)


def training_rows(concepts: Mapping[str, ConceptAt], most: int, seed: int) -> NDArray[np.float32]:
    """Training rows of all concepts, of more than `most` as many drawn: [rows, d]."""
    parts = [np.flatnonzero(each.splits == "train") for each in concepts.values()]
    total = sum(map(len, parts))
    kept = np.ones(total, dtype=bool)
    if total > most:
        kept[:] = False
        kept[np.random.default_rng([seed, 3]).choice(total, most, replace=False)] = True
    shares = np.split(kept, np.cumsum([len(part) for part in parts])[:-1])
    return np.concatenate(
        [
            np.asarray(each.X[part[share]], dtype=np.float32)
            for each, part, share in zip(concepts.values(), parts, shares, strict=True)
        ]
    )
