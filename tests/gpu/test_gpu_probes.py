"""Probes that are fitted on a GPU are those that are fitted on the CPU."""

import numpy as np
import pytest
import torch

from probesteer.probes.solver.batch import fit_logistic_batch, fit_multinomial_batch
from probesteer.probes.solver.features import SharedFeatures

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(
        not torch.cuda.is_available(),
        reason="torch finds no CUDA device; these compare a GPU with the CPU",
    ),
]


@pytest.mark.parametrize(("n", "d"), [(200, 40), (60, 150)])
def test_the_device_changes_nothing(n: int, d: int) -> None:
    generator = np.random.default_rng(0)
    X = generator.standard_normal((n, d)).astype(np.float32)
    y = (X[:, :3].T + generator.standard_normal((3, n)) > 0).astype(np.int64)
    on_gpu, on_cpu = (SharedFeatures(X, device=device) for device in ("cuda", "cpu"))
    for fit, targets in ((fit_logistic_batch, y), (fit_multinomial_batch, y[:1] + y[1:2])):
        found, expected = (fit(features, targets, 1.0) for features in (on_gpu, on_cpu))
        assert found.converged.all()
        np.testing.assert_allclose(found.scores(X), expected.scores(X), atol=1e-5)
