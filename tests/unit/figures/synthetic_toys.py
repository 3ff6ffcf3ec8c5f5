"""What toys would show if each came out as published: numbers that tests know."""

import pandas as pd

from probesteer.geometry.toys.rows import Row, toy_row, toy_table

SPARSITIES = (0.0, 0.5, 0.8, 0.9, 0.99)
IMPORTANCES = (0.1, 0.5, 2.0, 10.0)
PENALTIES = (0.0, 0.01, 0.03)
STEPS = (0, 100, 200, 300)
REPRESENTED = (5, 7, 10, 12, 18)


def _sparsity() -> list[Row]:
    rows = [toy_row("sparsity", "toy_model", "dimensions", 5)]
    for sparsity, count in zip(SPARSITIES, REPRESENTED, strict=True):
        share = 5 / count
        for metric, value in (("represented", count), ("dimensions_per_feature", share)):
            spread = [0.9 * value, 1.1 * value]
            rows.append(toy_row("sparsity", "toy_model", metric, spread, sparsity=sparsity))
        for feature in range(20):
            own = share if feature < count else 0.0
            place = {"sparsity": sparsity, "feature": float(feature)}
            rows.append(toy_row("sparsity", "lowest_loss", "dimensionality", own, **place))
    return rows


def _phases() -> list[Row]:
    rows = []
    for sparsity in SPARSITIES:
        for importance in IMPORTANCES:
            phase = 2 if sparsity > 0.7 else int(importance > 1)
            place = {"sparsity": sparsity, "importance": importance}
            rows.append(toy_row("phases", "lowest_loss", "phase", phase, **place))
    limits = zip((0.1, 1.0, 10.0), (0.84, 0.43, 0.84), strict=True)
    for importance, limit in limits:
        rows.append(toy_row("phases", "closed_form", "boundary", limit, importance=importance))
    arrows: dict[str, tuple[list[tuple[float, float]], float]] = {
        "together": ([(1, 0), (0, 1), (-1, 0), (0, -1)], 0.0),
        "apart": ([(1, 0), (-1, 0), (0, 1), (0, -1)], -1.0),
        "crowded": ([(1, 0), (1, 0), (-0.5, 0.9), (-0.5, 0.9), (-0.5, -0.9), (-0.5, -0.9)], 1.0),
    }
    for method, (places, cosine) in arrows.items():
        for feature, at in enumerate(places):
            for metric, value in zip("xy", at, strict=True):
                rows.append(toy_row("correlation", method, metric, value, feature=feature))
        rows.append(toy_row("correlation", method, "cosine_within", [cosine, cosine]))
    return rows


def _penalty() -> list[Row]:
    rows = [toy_row("penalty", "l1", "dimensions", 5)]
    shown = {"represented": (12, 8, 2), "interference": (1.5, 0.6, 0.0), "loss": (4e-3, 5e-3, 0.01)}
    for metric, values in shown.items():
        for penalty, value in zip(PENALTIES, values, strict=True):
            spread = [0.9 * value, 1.1 * value]
            rows.append(toy_row("penalty", "l1", metric, spread, penalty=penalty))
    return rows


def _training() -> list[Row]:
    rows = [toy_row("shortcut", "later", "start", 100)]
    curves = {
        ("collapse", "no_safeguard", "disagreement"): (0.2, 0.0, 0.0, 0.0),
        ("collapse", "no_safeguard", "rank_about_origin"): (6, 2, 1.5, 1.2),
        ("collapse", "no_safeguard", "nearest_mean"): (0.9, 0.5, 0.4, 0.3),
        ("collapse", "uniformity", "disagreement"): (0.2, 0.9, 0.9, 0.9),
        ("collapse", "uniformity", "rank_about_origin"): (6, 8, 8, 8),
        ("collapse", "uniformity", "nearest_mean"): (0.9, 1, 1, 1),
    }
    falling = {
        "from_start": (0.7, 0.6, 0.6, 0.6),
        "later": (0.7, 1, 0.8, 0.6),
        "never": (0.7, 1, 1, 1),
    }
    for kind, values in falling.items():
        curves["shortcut", kind, "accuracy"] = (0.5, 1, 1, 1)
        curves["shortcut", kind, "readability"] = values
        curves["shortcut", kind, "misled"] = values
    for (toy, method, metric), each in curves.items():
        for step, value in zip(STEPS, each, strict=True):
            spread = [value - 0.01, value + 0.01]
            rows.append(toy_row(toy, method, metric, spread, step=step))
    return rows


def _codes() -> list[Row]:
    rows = []
    for code, known in (("product", 0.5), ("absolute_size", 0.5), ("lowest_bit", 0.75)):
        rows.append(toy_row(code, "closed_form", "auroc", known))
        for probe, value in (("linear", known), ("mlp", 0.98), ("linear_on_neurons", 1.0)):
            rows.append(toy_row(code, probe, "auroc", [value - 0.01, value + 0.01]))
    return rows


def toys() -> pd.DataFrame:
    """The table of the stage `toys`."""
    return toy_table([*_sparsity(), *_phases(), *_penalty(), *_training(), *_codes()])
