"""Operators by name, dosed: directions and strengths in, one stacked edit out.

A strength of 0 changes nothing, but for `clamp`, which then moves the projection to the midpoint
of the classes.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from probesteer.directions.direction import Direction
from probesteer.directions.leace import Eraser
from probesteer.errors import ProbesteerError
from probesteer.interventions.edits import (
    Ablate,
    Add,
    Clamp,
    Edit,
    Erase,
    Multiply,
    Reflect,
    Rotate,
    When,
)
from probesteer.probes.probe import LogisticProbe

LENGTHS = ("gap", "sigma", "norm", "angle")
"""Units of a push."""
SHARE = "share"
"""The unit of operators that are done in part or whole."""

_Dose = tuple[Direction, float, str]


def stacked_edit(
    operator: str, directions: Sequence[Direction], strengths: Sequence[float], unit: str
) -> Edit:
    """All strengths of the first direction, then those of the second, as variants of one edit.

    add: pushes by the strength. clamp: moves the projection to the midpoint of the classes plus
    that push. rotate: turns by the strength in degrees ("angle"), or by the angle by which that
    push turns an activation of mean norm orthogonal to it. All three take the units of `LENGTHS`.
    With a share (1: wholly) ablate projects out, reflect mirrors at the midpoint of the classes,
    scale makes x longer by that share of itself.

    Raises ProbesteerError for an unknown operator, or a unit that it doesn't take.
    """
    if operator not in OPERATORS:
        raise ProbesteerError(
            f"operator: {operator!r} is unknown; choose one of {', '.join(OPERATORS)}"
        )
    units, build = OPERATORS[operator]
    if unit not in units:
        raise ProbesteerError(
            f"unit: {operator} takes no {unit!r}; choose one of {', '.join(units)}"
        )
    return build([(one, strength, unit) for one in directions for strength in strengths])


def erasing_edit(eraser: Eraser, shares: Sequence[float] = (1.0,)) -> Erase:
    """LEACE as an edit, by shares: 1 erases the concept, 0 changes nothing."""
    parts = (eraser.mean, eraser.read, eraser.write)
    mean, read, write = (torch.from_numpy(part.astype(np.float32)) for part in parts)
    return Erase(torch.tensor(list(shares), dtype=torch.float32), mean, read, write)


def where_read(edit: Edit, probe: LogisticProbe, threshold: float = 0.0) -> When:
    """The edit of the tokens alone whose log-odds of label 1, by the probe, exceed `threshold`."""
    coefficient = torch.from_numpy(probe.coefficient.astype(np.float32))
    return When(edit, coefficient, probe.intercept, threshold)


def _add(doses: Sequence[_Dose]) -> Edit:
    pushes = np.stack([one.push(strength, unit) for one, strength, unit in doses])
    return Add(torch.from_numpy(pushes.astype(np.float32)))


def _clamp(doses: Sequence[_Dose]) -> Edit:
    targets = [one.offset + one.length(strength, unit) for one, strength, unit in doses]
    return Clamp(_vectors(doses), torch.tensor(targets))


def _rotate(doses: Sequence[_Dose]) -> Edit:
    degrees = [
        strength
        if unit == "angle"
        else math.degrees(math.atan2(one.length(strength, unit), one.mean_norm))
        for one, strength, unit in doses
    ]
    return Rotate(_vectors(doses), torch.tensor(degrees))


def _reflect(doses: Sequence[_Dose]) -> Edit:
    abouts = torch.tensor([one.offset for one, _, _ in doses])
    return Reflect(_vectors(doses), abouts, _strengths(doses))


def _vectors(doses: Sequence[_Dose]) -> Tensor:
    return torch.from_numpy(np.stack([one.vector for one, _, _ in doses]))


def _strengths(doses: Sequence[_Dose]) -> Tensor:
    return torch.tensor([float(strength) for _, strength, _ in doses])


OPERATORS: dict[str, tuple[tuple[str, ...], Callable[[Sequence[_Dose]], Edit]]] = {
    "add": (LENGTHS, _add),
    "ablate": ((SHARE,), lambda doses: Ablate(_vectors(doses), _strengths(doses))),
    "clamp": (LENGTHS, _clamp),
    "reflect": ((SHARE,), _reflect),
    "rotate": (LENGTHS, _rotate),
    "scale": ((SHARE,), lambda doses: Multiply(1 + _strengths(doses))),
}
"""By name: the units of its strengths, and the edit. `erase` needs more than a direction."""
