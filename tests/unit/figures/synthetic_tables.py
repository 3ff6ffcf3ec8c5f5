"""Tables with known truth, shaped like those of a run, to judge figures and findings by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

STRENGTHS = (-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0)
FINE_STRENGTHS = tuple(
    sign * 2.0**power for sign in (-1.0, 1.0) for power in np.arange(-2.0, 6.5, 0.5)
)
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
NEUTRAL_LOSS = 2.6


@dataclass(frozen=True)
class Truth:
    """What is true of one concept; depths run from 0 (embedding) to 1 (last layer)."""

    name: str
    onset: float = 0.3
    """Depth at which a probe is half way to its best accuracy."""

    accuracy: float = 0.95
    baseline: float = 0.65
    """Accuracy of the bag of tokens."""

    slope: float = 1.5
    """Nats per gap at the best depth, which is 0.6; 0: the direction does nothing."""


TRUTHS = (
    Truth("sentiment", onset=0.25, accuracy=0.96, baseline=0.72, slope=2.0),
    Truth("grammatical_number", onset=0.15, accuracy=0.98, baseline=0.60, slope=3.1),
    Truth("past_tense", onset=0.35, accuracy=0.93, baseline=0.66, slope=1.2),
    Truth("truth_of_statement", onset=0.55, accuracy=0.84, baseline=0.52, slope=0.7),
    Truth("language", onset=0.02, accuracy=1.0, baseline=0.99, slope=2.4),
    Truth("question", onset=0.4, accuracy=0.9, baseline=0.61, slope=0.0),
    Truth("coin_flip", onset=0.5, accuracy=0.5, baseline=0.5, slope=0.0),
)

FOUR_TRUTHS = TRUTHS[:4]
"""Enough for most tests; drawing takes time for each concept."""

_PROBES = "model concept site layer method draw split metric value low high n interval"
_COSINES = (
    "model site layer concept method other_concept other_method metric value low high n interval"
)
_STEERING = (
    "model concept site layer method draw positions unit strength split metric value low high n "
    "interval"
)
_SAMPLES = "model concept site layer method positions unit strength prompt continuation seed"
_SCALE = (
    "model concept site layer operator method positions unit strength metric value low high n "
    "interval"
)
_SENSITIVITY = (
    "model concept site layer operator method positions unit metric value low high n interval bound"
)

Site = tuple[str, int]
Row = tuple[object, ...]


def sites(layers: int) -> list[Site]:
    """The embedding's output and the outputs of `layers` blocks."""
    return [("resid_pre", 0), *(("resid_post", layer) for layer in range(layers))]


def spread_sites(layers: int, count: int) -> list[Site]:
    """`count` of the places, evenly spread, both ends included."""
    every = sites(layers)
    return [every[index] for index in np.linspace(0, len(every) - 1, count).round().astype(int)]


def synthetic_tables(
    truths: Sequence[Truth] = TRUTHS,
    *,
    layers: int = 6,
    steered: int | None = None,
    draws: int = 8,
    model: str = "demo",
    seed: int = 0,
) -> dict[str, pd.DataFrame]:
    """All tables of one model. steered: number of places in the steering tables; None: all."""
    rng = np.random.default_rng(seed)
    places = sites(layers)
    pushed = spread_sites(layers, steered or layers + 1)
    return {
        "probes": _frame(_PROBES, _probes(truths, places, draws, model, rng)),
        "directions": _frame(
            _PROBES.replace(" split", ""), _directions(truths, places, model, rng)
        ),
        "cosines": _frame(_COSINES, _cosines(truths, places, model, rng)),
        "steering": _frame(_STEERING, _steering(truths, places, pushed, draws, model, rng)),
        "samples": _frame(_SAMPLES, _samples(truths, pushed, model)),
        "scale": _frame(_SCALE, _scale(truths, places, pushed, model, rng)),
        "sensitivity": _frame(_SENSITIVITY, _sensitivity(truths, places, pushed, model)),
    }


def reading(truth: Truth, depth: float) -> float:
    """True accuracy of a probe at `depth`."""
    return 0.5 + (truth.accuracy - 0.5) / (1 + float(np.exp(-(depth - truth.onset) / 0.06)))


def pushing(truth: Truth, depth: float) -> float:
    """True slope of the response at `depth`, nats per gap."""
    return truth.slope * float(np.exp(-(((depth - 0.6) / 0.3) ** 2)))


def _frame(columns: str, rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())


def _depths(places: list[Site], pushed: list[Site]) -> list[float]:
    return [places.index(place) / max(1, len(places) - 1) for place in pushed]


def _probes(
    truths: Sequence[Truth],
    places: list[Site],
    draws: int,
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    count = 200
    for truth in truths:
        for split in ("validation", "test"):
            base = (model, truth.name, "tokens", -1, "bag_of_tokens", -1, split, "accuracy")
            error = _error(truth.baseline, count)
            ends = (truth.baseline - error, min(1.0, truth.baseline + error))
            rows.append((*base, truth.baseline, *ends, count, "bootstrap 95%"))
            for place, depth in zip(places, _depths(places, places), strict=True):
                share = reading(truth, depth)
                value = float(rng.binomial(count, share)) / count
                error = _error(value, count)
                ends = (max(0.0, value - error), min(1.0, value + error))
                for metric in ("accuracy", "auroc"):
                    key = (model, truth.name, *place, "logistic", -1, split, metric)
                    rows.append((*key, value, *ends, count, "bootstrap 95%"))
                null = rng.normal(0.5, 0.035, draws)
                shuffled = (model, truth.name, *place, "shuffled_labels")
                for draw, drawn in enumerate(null):
                    tail = (drawn, np.nan, np.nan, count, "none")
                    rows.append((*shuffled, draw, split, "accuracy", *tail))
                mean, sd = null.mean(), null.std(ddof=1)
                tail = (mean, mean - sd, mean + sd, count, "standard deviation")
                rows.append((*shuffled, -1, split, "accuracy", *tail))
    return rows


def _error(share: float, count: int) -> float:
    return float(1.96 * np.sqrt(max(share * (1 - share), 0.002) / count))


def _directions(
    truths: Sequence[Truth], places: list[Site], model: str, rng: np.random.Generator
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(places, _depths(places, places), strict=True):
            gap = 0.3 + 6.0 * (reading(truth, depth) - 0.5) + rng.uniform(0, 0.1)
            norm = 4.0 + 20.0 * depth
            numbers = {"gap": gap, "sigma": 1.0, "gap_in_sigmas": gap, "mean_norm": norm}
            for method in ("difference_of_means", "logistic"):
                for metric, value in numbers.items():
                    key = (model, truth.name, *place, method, -1, metric)
                    rows.append((*key, value, np.nan, np.nan, 400, "none"))
    return rows


def _cosines(
    truths: Sequence[Truth], places: list[Site], model: str, rng: np.random.Generator
) -> list[Row]:
    methods = ("difference_of_means", "logistic")
    rows: list[Row] = []
    common = rng.normal(size=64)
    means = {t.name: rng.normal(size=64) + rng.uniform(-0.6, 0.6) * common for t in truths}
    for place, depth in zip(places, _depths(places, places), strict=True):
        vectors: dict[tuple[str, str], NDArray[np.float64]] = {}
        for name, mean in means.items():
            own = mean + depth * common * 0.3
            noise = rng.normal(size=64) * (0.3 + depth)
            for method, vector in zip(methods, (own, own + noise), strict=True):
                vectors[name, method] = vector / np.linalg.norm(vector)
        for one, first in vectors.items():
            for other, second in vectors.items():
                tail = ("cosine", float(first @ second), np.nan, np.nan, 64, "none")
                rows.append((model, *place, *one, *other, *tail))
    return rows


def _saturating(slope: float, strength: float) -> float:
    """Linear up to about two gaps, then flat, then falling."""
    return slope * 3.0 * float(np.tanh(strength / 3.0)) * float(np.exp(-((strength / 40) ** 2)))


def _loss(strength: float, depth: float) -> float:
    return NEUTRAL_LOSS + 0.02 * strength**2 * (1.3 - depth) / (1 + 0.02 * abs(strength))


def _steering(
    truths: Sequence[Truth],
    places: list[Site],
    pushed: list[Site],
    draws: int,
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, _depths(places, pushed), strict=True):
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
            value = _saturating(slope + wobble, strength)
            error = (0.12 + 0.1 * abs(value)) * np.sqrt(40 / count) if strength else 0.0
            ends = (value - error, value + error)
            found[strength, split, "logit_difference_change"] = (value, *ends)
            kl = 0.03 * (value**2 + 0.5 * strength**2)
            found[strength, split, "kl"] = (kl, 0.8 * kl, 1.2 * kl)
        smallest = min(strength for strength in STRENGTHS if strength > 0)
        at_zero = _saturating(slope + wobble, smallest) / smallest
        error = 0.25 * np.sqrt(40 / count)
        found[smallest, split, "slope"] = (at_zero, at_zero - error, at_zero + error)
    for strength in STRENGTHS:
        loss = _loss(strength, depth)
        found[strength, "all", "neutral_loss"] = (loss, loss - 0.05, loss + 0.05)
        angle = float(np.degrees(np.arctan(abs(strength) / 4)))
        found[strength, "all", "angle"] = (angle, np.nan, np.nan)
        found[strength, "all", "norm_ratio"] = (1 + strength**2 / 32, np.nan, np.nan)
    return found


def _samples(truths: Sequence[Truth], pushed: list[Site], model: str) -> list[Row]:
    place = pushed[len(pushed) // 2]
    prompts = ("The film was", "When she came home,")
    rows: list[Row] = []
    for truth in truths:
        for prompt in prompts:
            for strength in (-2.0, 0.0, 2.0):
                text = f" a thing of {truth.name}, said with strength {strength:g}."
                key = (model, truth.name, *place, "difference_of_means", "from_last", "gap")
                rows.append((*key, strength, prompt, text, 0))
    return rows


def _scale(
    truths: Sequence[Truth],
    places: list[Site],
    pushed: list[Site],
    model: str,
    rng: np.random.Generator,
) -> list[Row]:
    rows: list[Row] = []
    for truth in truths:
        for place, depth in zip(pushed, _depths(places, pushed), strict=True):
            where = (model, truth.name, *place)
            key: Row = (*where, "add", "difference_of_means", "from_last", "gap")
            for strength in sorted({*FINE_STRENGTHS, 0.0}):
                value = _saturating(pushing(truth, depth), strength)
                error = 0.02 * abs(strength) + 0.1 * abs(value)
                loss = _loss(strength, depth)
                ends = (value - error, value + error, 40, "bootstrap 95%")
                rows.append((*key, strength, "logit_difference_change", value, *ends))
                tail = (loss, np.nan, np.nan, 20, "none")
                rows.append((*key, strength, "neutral_loss", *tail))
            key = (*where, "multiply", "none", "all", "factor")
            for factor in FACTORS:
                size = abs(factor - 1) * (1.5 - depth)
                share = round(40 * (1 - np.exp(-1.5 * size))) / 40
                numbers = {
                    "prediction_changed": share,
                    "kl": size**2,
                    "neutral_loss": NEUTRAL_LOSS + 2 * size**2 + rng.normal(0, 0.01),
                }
                for metric, value in numbers.items():
                    tail = (value, np.nan, np.nan, 40, "none")
                    rows.append((*key, factor, metric, *tail))
    return rows


def _sensitivity(
    truths: Sequence[Truth], places: list[Site], pushed: list[Site], model: str
) -> list[Row]:
    rows: list[Row] = []
    fine = np.array(sorted({*FINE_STRENGTHS, 0.0}))
    bound = float(fine.max())
    for truth in truths:
        for place, depth in zip(pushed, _depths(places, pushed), strict=True):
            slope = pushing(truth, depth)
            losses = np.array([_loss(strength, depth) for strength in fine])
            doubled = fine[losses >= 2 * NEUTRAL_LOSS]
            responses = np.array([_saturating(slope, strength) for strength in fine])
            numbers = {
                "slope_at_zero": slope,
                "monotone_low": float(fine[responses.argmin()]) if slope else np.nan,
                "monotone_high": float(fine[responses.argmax()]) if slope else np.nan,
                "doubling_negative": float(max(doubled[doubled < 0], default=np.nan)),
                "doubling_positive": float(min(doubled[doubled > 0], default=np.nan)),
            }
            key: Row = (model, truth.name, *place, "add", "difference_of_means", "from_last", "gap")
            for metric, value in numbers.items():
                rows.append((*key, metric, value, np.nan, np.nan, 40, "none", bound))
            key = (model, truth.name, *place, "multiply", "none", "all", "factor")
            for metric, value in {"doubling_below": 0.2, "doubling_above": 2.4}.items():
                rows.append((*key, metric, value, np.nan, np.nan, 40, "none", 4.0))
    return rows
