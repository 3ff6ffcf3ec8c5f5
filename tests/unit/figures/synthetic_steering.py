"""Rows on pushing along the directions of made-up concepts: responses, costs, samples."""

from collections.abc import Sequence

import numpy as np

from tests.unit.figures.synthetic_truth import (
    STRENGTHS,
    Row,
    Site,
    Truth,
    depths_of,
    neutral_loss,
    pushing,
    saturating,
)


def steering_rows(
    truths: Sequence[Truth],
    places: list[Site],
    pushed: list[Site],
    draws: int,
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, depths_of(places, pushed), strict=True):
            best = pushing(truth, depth)
            slopes = {("difference_of_means", -1): best, ("logistic", -1): 0.7 * best}
            random = {("random", draw): rng.normal(0, 0.12) for draw in range(draws)}
            for positions, factor in (("from_last", 1.0), ("all", 1.3)):
                where = (model, truth.name, *place)
                measured = {}
                for (method, draw), slope in {**slopes, **random}.items():
                    curve = _responses(factor * slope, depth, rng, noise=method != "random")
                    measured[method, draw] = curve
                    key = (*where, method, draw, positions, "gap")
                    interval = "none" if method == "random" else "bootstrap 95%"
                    rows.extend(
                        (*key, strength, split, metric, *numbers, 40, interval)
                        for (strength, split, metric), numbers in curve.items()
                    )
                key = (*where, "random", -1, positions, "gap")
                drawn = [measured[name] for name in random]
                for point in drawn[0] if drawn else ():
                    values = [curve[point][0] for curve in drawn]
                    tail = (float(np.mean(values)), min(values), max(values), draws)
                    rows.append((*key, *point, *tail, "range of draws"))
    return rows


def _responses(
    slope: float, depth: float, rng: np.random.Generator, *, noise: bool
) -> dict[tuple[float, str, str], tuple[float, float, float]]:
    """(strength, split, metric) -> value, low, high."""
    found: dict[tuple[float, str, str], tuple[float, float, float]] = {}
    for split, count in (("all", 40), ("validation", 20), ("test", 20)):
        wobble = rng.normal(0, 0.03) if noise else 0.0
        for strength in STRENGTHS:
            value = saturating(slope + wobble, strength)
            error = (0.12 + 0.1 * abs(value)) * np.sqrt(40 / count) if strength else 0.0
            ends = (value - error, value + error)
            found[strength, split, "logit_difference_change"] = (value, *ends)
            if split == "all":  # as in a run: only the response is split
                kl = 0.03 * (value**2 + 0.5 * strength**2)
                found[strength, split, "kl"] = (kl, 0.8 * kl, 1.2 * kl)
        smallest = min(strength for strength in STRENGTHS if strength > 0)
        at_zero = saturating(slope + wobble, smallest) / smallest
        error = 0.25 * np.sqrt(40 / count)
        found[smallest, split, "slope"] = (at_zero, at_zero - error, at_zero + error)
    for strength in STRENGTHS:
        loss = neutral_loss(strength, depth)
        found[strength, "all", "neutral_loss"] = (loss, loss - 0.05, loss + 0.05)
        angle = float(np.degrees(np.arctan(abs(strength) / 4)))
        found[strength, "all", "angle"] = (angle, np.nan, np.nan)
        found[strength, "all", "top1_agreement"] = (1 / (1 + abs(strength)), np.nan, np.nan)
        found[strength, "all", "norm_ratio"] = (1 + strength**2 / 32, np.nan, np.nan)
    return found


def sample_rows(truths: Sequence[Truth], pushed: list[Site], model: str) -> list[Row]:
    place = pushed[len(pushed) // 2]
    prompts = ("The film was", "When she came home,")
    rows: list[Row] = []
    for truth in truths:
        for prompt in prompts:
            for strength in (-2.0, 0.0, 2.0):
                text = f" a thing of {truth.name}, said with strength {strength:g}."
                key = (model, truth.name, *place, "difference_of_means", "from_last", "gap")
                signs = ("resid_post", 0, 2 * strength, 0.9, 1.0, 1.0, 0.0)
                rows.append((*key, strength, prompt, text, 0, *signs))
    return rows
