"""The first columns of every table: which model and which concept."""

import pandas as pd


def keyed(table: pd.DataFrame, model: str, concept: str | None = None) -> pd.DataFrame:
    """`table` with the columns `model` and, unless it compares concepts, `concept` in front."""
    names = {"model": model} if concept is None else {"model": model, "concept": concept}
    return table.assign(**names)[[*names, *table.columns]]
