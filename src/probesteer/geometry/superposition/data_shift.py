"""Directions on shifted data: rows of the tables of cosines and of transfer, put side by side."""

import numpy as np
import pandas as pd

from probesteer.geometry.superposition.drift_rows import METHODS


def shifted_data(cosines: pd.DataFrame, transfer: pd.DataFrame) -> pd.DataFrame:
    """For concepts of one family, which share what label 1 means: the angle between their
    directions in degrees and its cosine, and the AUROC of one's probe on the other's test examples.

    cosines, transfer: the tables of the stages of these names, of one model; nothing is measured
    anew. Columns concept (whose direction it is), other_concept (on whose data), site, layer,
    method, direction (`transferred`; `own`: the other concept's), metric, value, low, high, n,
    interval.
    """
    tested = transfer[transfer["method"].isin(METHODS)].rename(columns={"other": "other_concept"})
    moved = tested[tested["concept"] != tested["other_concept"]]
    families = set(zip(moved["concept"], moved["other_concept"], strict=True))
    own = tested[tested["concept"] == tested["other_concept"]]
    targets = moved[["concept", "other_concept"]].drop_duplicates()
    own = targets.merge(own.drop(columns="concept"), on="other_concept")
    same = (cosines["method"] == cosines["other_method"]) & cosines["method"].isin(METHODS)
    pairs = zip(cosines["concept"], cosines["other_concept"], strict=True)
    same &= np.array([pair in families for pair in pairs], dtype=bool)
    apart = cosines[same].drop(columns="other_method")
    angles = apart.assign(metric="angle", value=np.degrees(np.arccos(apart["value"])))
    parts = [
        each.assign(direction=direction)
        for each, direction in (
            (angles, "transferred"),
            (apart, "transferred"),
            (moved, "transferred"),
            (own, "own"),
        )
    ]
    whole = pd.concat(parts, ignore_index=True)
    order = ["concept", "other_concept", "site", "layer", "method", "direction"]
    return whole[[*order, "metric", "value", "low", "high", "n", "interval"]]
