"""What values may be: each check raises ProbesteerError in one line that names the key."""

import math
from collections.abc import Sequence
from typing import NoReturn, TypeVar

from probesteer.errors import ProbesteerError
from probesteer.places import SITES

Value = TypeVar("Value")

CHOICES = {
    "dtype": ("float32", "bfloat16", "float16"),
    "site": SITES,
    "unit": ("gap", "sigma", "norm"),
    "unit of a push": ("gap", "sigma", "norm", "angle"),
    "positions": ("from_last", "all", "last", "generated"),
    "positions of scale": ("from_last", "all"),
    "part": ("superposition", "polytopes", "dictionaries", "arithmetic", "toys", "drift"),
    "dictionary": ("sparse_coding", "relu", "topk", "jumprelu"),
    "spline codes": ("hard", "soft"),
    "operator": ("add", "rotate", "clamp"),
    "method": (
        "difference_of_means",
        "paired_difference",
        "logistic",
        "lda",
        "pca_of_differences",
        "leace",
        "logit_gradient",
        "file",
    ),
    "kind": ("binary", "classes", "real"),
    "estimator": (
        "difference_of_means",
        "nearest_centroid",
        "lda",
        "ridge",
        "ccs",
        "mlp",
        "nearest_neighbours",
    ),
    "palette": ("deep", "muted", "pastel", "bright", "dark", "colorblind"),
}


def finite(key: str, values: Sequence[float]) -> None:
    """All values are finite."""
    for value in values:
        if not math.isfinite(value):
            fail(key, f"{value}", "use finite numbers")


def positive(key: str, value: float) -> None:
    """The value is finite and above 0."""
    if not (value > 0 and math.isfinite(value)):
        fail(key, f"{value}", "use a positive number")


def choice(key: str, value: str, kind: str) -> None:
    """The value is one of `CHOICES[kind]`."""
    if value not in CHOICES[kind]:
        fail(key, f"{value!r} is unknown", f"use one of {', '.join(CHOICES[kind])}")


def at_least(key: str, value: int, smallest: int) -> None:
    """The value is not below `smallest`."""
    if value < smallest:
        fail(key, f"{value} is too small", f"use {smallest} or more")


def listed(key: str, values: Sequence[Value]) -> Sequence[Value]:
    """The values of a list that must name something, and each thing once."""
    if not values:
        fail(key, "empty", "give at least one")
    if len(set(values)) < len(values):
        fail(key, f"{list(values)} names one twice", "name each once")
    return values


def fail(key: str, what: str, remedy: str) -> NoReturn:
    """Say what is wrong with a key, and what to do."""
    raise ProbesteerError(f"config: {key}: {what}; {remedy}")
