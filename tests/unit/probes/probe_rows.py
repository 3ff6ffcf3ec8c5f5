"""Rows of probe tables that carry p-values."""

import pandas as pd


def probe_rows(**p_values: list[float]) -> pd.DataFrame:
    """Rows of probe tables: concept=[p-value of layer 0, of layer 1, …] and their accuracies."""
    rows = []
    for concept, of_layers in p_values.items():
        for layer, value in enumerate(of_layers):
            for metric, held in (("accuracy", 0.7), ("p_value", value)):
                row = ("m", concept, "resid_post", layer, "logistic", -1, "test", metric, held)
                rows.append(row)
    names = ["model", "concept", "site", "layer", "method", "draw", "split", "metric", "value"]
    return pd.DataFrame(rows, columns=names)
