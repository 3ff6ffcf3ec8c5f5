"""The examples in the middle of each cluster, for reading."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.geometry.components.tables import ranks

COLUMNS = (
    *("clusters", "cluster", "rank", "size", "purity", "labels", "nearest", "distance"),
    *("example", "label", "text"),
)
MOST_CLUSTERS = 10
MOST_EXAMPLES = 5


def central_examples(
    X: NDArray[np.floating[Any]],
    cluster: NDArray[np.int64],
    examples: NDArray[np.int64],
    labels: list[str],
    texts: list[str],
) -> pd.DataFrame:
    """Of each of the ten largest clusters, the five examples nearest to its mean: COLUMNS.

    X: [n, d], activations; cluster: [n], from 0, or -1; examples: [n], rows of the table of
    examples; labels, texts: n names and texts. `purity` is the share of the commonest label,
    `labels` how often each occurs, in words; `distance` is Euclidean.
    """
    rows = []
    for name, rank in ranks(cluster).items():
        if not 1 <= rank <= MOST_CLUSTERS:
            continue
        inside = np.flatnonzero(cluster == name)
        own = np.asarray(X[inside], dtype=np.float64)
        distance = np.linalg.norm(own - own.mean(axis=0), axis=1)
        counts = pd.Series([labels[at] for at in inside]).value_counts(sort=False)
        ordered = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
        mix = ", ".join(f"{label}: {count}" for label, count in ordered)
        purity = ordered[0][1] / len(inside)
        for nearest, at in enumerate(np.argsort(distance, kind="stable")[:MOST_EXAMPLES], 1):
            row = inside[at]
            key = ("codes", name, rank, len(inside), purity, mix, nearest, float(distance[at]))
            rows.append((*key, int(examples[row]), labels[row], texts[row]))
    return pd.DataFrame(rows, columns=list(COLUMNS))
