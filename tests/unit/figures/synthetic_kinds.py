"""Rows of made-up probes of which one concept has three classes, and one real numbers."""

import numpy as np
import pandas as pd

CLASSES, REAL = "grammatical_number", "sentiment"
_ONLY_BINARY = ("difference_of_means", "nearest_centroid", "lda", "ridge", "ccs")
_NONLINEAR = ("mlp", "nearest_neighbours")


def of_kinds(probes: pd.DataFrame) -> pd.DataFrame:
    """The table of `probes` with the labels of `CLASSES` and `REAL` of those kinds.

    Numbers stay, but for the uniform code of three classes. What needs binary labels, or of real
    numbers classes, has no rows.
    """
    probes = probes.copy()
    ours, real = probes["concept"].isin([CLASSES, REAL]), probes["concept"] == REAL
    binary = probes["method"].isin([*_ONLY_BINARY, *_NONLINEAR])
    binary |= probes["metric"] == "calibration_error"
    of_classes = probes["metric"].isin(["auroc", "selectivity", "log_loss"])
    of_classes |= (probes["split"] == "train") | (probes["method"] == "control_task")
    probes = probes[~(ours & binary) & ~(real & of_classes)]
    uniform = (probes["concept"] == CLASSES) & (probes["metric"] == "uniform_codelength")
    probes.loc[uniform, "value"] = probes.loc[uniform, "n"] * np.log2(3)
    real = probes["concept"] == REAL
    probes.loc[real, "metric"] = probes.loc[real, "metric"].replace("accuracy", "r2")
    probes.loc[real, "method"] = probes.loc[real, "method"].replace("logistic", "ridge")
    return probes
