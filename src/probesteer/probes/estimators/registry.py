"""The estimators by the names that `probe.estimators` takes.

A new one is a file beside this one, an entry here, and its name in `settings/validation.py`.
"""

from probesteer.probes.estimators.ccs import fit_ccs
from probesteer.probes.estimators.difference_of_means import fit_difference_of_means
from probesteer.probes.estimators.interface import Estimator
from probesteer.probes.estimators.lda import fit_lda
from probesteer.probes.estimators.mlp import fit_mlp
from probesteer.probes.estimators.nearest_centroid import fit_nearest_centroid
from probesteer.probes.estimators.nearest_neighbours import fit_nearest_neighbours
from probesteer.probes.estimators.ridge import fit_ridge

ESTIMATORS: dict[str, Estimator] = {
    "difference_of_means": fit_difference_of_means,
    "nearest_centroid": fit_nearest_centroid,
    "lda": fit_lda,
    "ridge": fit_ridge,
    "ccs": fit_ccs,
    "mlp": fit_mlp,
    "nearest_neighbours": fit_nearest_neighbours,
}
