"""Decodable and steerable side by side: what a probe reads at a place, and what a push does."""

import numpy as np
import pandas as pd

from probesteer.interventions.statistics.steerability import ADJUSTED

_WHERE = ["model", "concept", "site", "layer"]
COLUMNS = [*_WHERE, "unit", "metric", "value", "low", "high", "n", "interval", "bound"]

OF_PUSHES = ("effect_at_cost", "strength_at_cost", "usable_low", "usable_high")


def decodable_vs_steerable(
    probes: pd.DataFrame,
    transfer: pd.DataFrame,
    sensitivity: pd.DataFrame,
    steerability: pd.DataFrame,
) -> pd.DataFrame:
    """One row a concept, place and metric, for the places at which a push was measured.

    accuracy and selectivity of the logistic probe on the test split (what they are missing for has
    no row); transfer, the mean AUROC of that probe on the other concepts of its family, with their
    range; effect_at_cost, the change of the logit difference (nats) at the strength at which the
    KL is `bound` (nats), with that strength; usable_low and usable_high; and adjusted_p_value, of
    the slope among random directions. Pushes are those of the difference of means, added from the
    last prompt token on where that was measured; `unit` is that of strengths.
    """
    pushed = sensitivity[
        (sensitivity["operator"] == "add") & (sensitivity["method"] == "difference_of_means")
    ]
    tested = steerability[
        (steerability["metric"] == ADJUSTED)
        & (steerability["method"] == "difference_of_means")
        & (steerability["split"] == "test")
    ]
    on_test = probes[
        (probes["split"] == "test") & (probes["method"] == "logistic") & (probes["draw"] == -1)
    ]
    parts = [
        on_test[on_test["metric"].isin(["accuracy", "selectivity"])].assign(unit=""),
        _transfer(transfer),
        pushed[pushed["metric"].isin(OF_PUSHES)],
        _at_first_positions(tested, pushed),
    ]
    parts = [part.reindex(columns=COLUMNS) for part in parts if len(part)]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    places = pushed[_WHERE].drop_duplicates()
    return pd.concat(parts, ignore_index=True).merge(places, on=_WHERE)[COLUMNS]


def _transfer(transfer: pd.DataFrame) -> pd.DataFrame:
    """The mean AUROC on other concepts by place, with the range over them."""
    tried = transfer[
        (transfer["concept"] != transfer["other"])
        & (transfer["method"] == "logistic")
        & (transfer["metric"] == "auroc")
    ]
    if tried.empty:
        return tried
    found = tried.groupby(_WHERE, sort=False)["value"].agg(
        value="mean", low="min", high="max", n="count"
    )
    return found.reset_index().assign(metric="transfer", interval="range of concepts", unit="")


def _at_first_positions(tested: pd.DataFrame, pushed: pd.DataFrame) -> pd.DataFrame:
    """The rows at the positions at which the pushes were measured, or else at the others."""
    wanted = tested[tested["positions"].isin(set(pushed["positions"]))]
    rows = wanted if len(wanted) else tested
    return rows.assign(bound=np.nan)
