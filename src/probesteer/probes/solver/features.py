"""Features prepared once, for any number of calls of the solver."""

from typing import Any

import numpy as np
from array_api_compat import is_numpy_array
from numpy.typing import NDArray

from probesteer.gpus import own_gpu
from probesteer.probes.checks import require_finite
from probesteer.probes.solver.design import Design
from probesteer.probes.solver.fits import BatchFits, joined
from probesteer.probes.solver.losses import Loss
from probesteer.probes.solver.newton import Solution, solve
from probesteer.probes.solver.preconditioner import make_preconditioner

FloatArray = NDArray[np.float64]

# Numbers of one array of the solver, rows times problems: 128 MB in float64.
_AT_ONCE = 16_000_000


class SharedFeatures:
    """X: [n, d] standardised and decomposed, to be given to `fit_logistic_batch` and the others.

    X: of numpy (a memory map is streamed in blocks), scipy.sparse or torch, on whose device all is
    computed. Features are scaled to unit variance over `rows` ([n] bool; None: all), so that one C
    means the same at every layer; standardise: False leaves them as they are.
    device: to which an array of numpy goes first, such as "cuda".
    Raises ProbesteerError where a row is not finite.
    """

    def __init__(
        self,
        X: Any,
        standardise: bool = True,
        rows: NDArray[np.bool_] | None = None,
        device: str = "cpu",
    ) -> None:
        if isinstance(X, np.ndarray) and not isinstance(X, np.memmap):
            require_finite(X, "rows to fit")
        self.X, self.n = X, int(X.shape[0])
        self._design = Design(_on(device, X), standardise, rows)
        self._basis, self._solved_in = None, self._design
        if self._design.n < self._design.d and not self._design.sparse:
            self._solved_in, self._basis = self._design.in_the_span_of_rows()
        self._preconditioner = make_preconditioner(self._solved_in)

    def fit(
        self,
        loss: Loss,
        targets: FloatArray,
        weights: FloatArray,
        start: FloatArray,
        options: dict[str, Any],
    ) -> BatchFits:
        """Minimise |w|^2 / 2 + sum over rows of (weight x loss) for every problem.

        targets: [p, n, k]; weights: [p, n], C included; start: [p, k], intercepts to start from;
        options: those of `newton.solve`.
        """
        if not options.get("free_intercept", True):
            start = np.zeros_like(start)
        parts = []
        at_once = max(1, _AT_ONCE // (targets.shape[1] * targets.shape[2]))
        for first in range(0, len(targets), at_once):
            some = slice(first, first + at_once)
            solution = solve(
                self._solved_in,
                self._preconditioner,
                loss,
                self._solved_in.array(np.ascontiguousarray(np.moveaxis(targets[some], 0, 1))),
                self._solved_in.array(np.ascontiguousarray(weights[some].T)),
                start[some],
                **options,
            )
            parts.append(self._in_raw_space(solution))
        return joined(parts)

    def _in_raw_space(self, solution: Solution) -> BatchFits:
        """Undo the rotation into the rows' span and the standardisation."""
        d, p, k = solution.weights.shape
        flat = solution.weights.reshape(d, p * k)
        if self._basis is not None:
            flat = self._basis @ flat
        raw = flat / self._design.scale[:, None]
        intercepts = solution.intercepts.reshape(p * k) - self._design.mean @ raw
        coefficients = _host(raw).T.reshape(p, k, self._design.d).copy()
        coefficients[..., _host(self._design.constant)] = 0.0
        own_intercepts = _host(intercepts).reshape(p, k)
        if k == 1:
            coefficients, own_intercepts = coefficients[:, 0], own_intercepts[:, 0]
        return BatchFits(
            coefficients,
            own_intercepts,
            solution.objectives,
            solution.converged,
            solution.steps,
        )


def _on(device: str, X: Any) -> Any:
    """X where the fits are to be made; torch is imported for other devices than the CPU alone."""
    if device == "cpu" or not isinstance(X, np.ndarray):
        return X
    import torch

    place = own_gpu() if device == "cuda" else torch.device(device)
    return torch.from_numpy(np.ascontiguousarray(X)).to(place)


def _host(values: Any) -> NDArray[Any]:
    return values if is_numpy_array(values) else np.asarray(values.detach().cpu())
