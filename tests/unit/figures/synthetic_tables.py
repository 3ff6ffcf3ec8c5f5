"""Tables with known truth, shaped like those of a run, to judge figures and findings by."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tests.unit.figures.synthetic_components import (
    CLUSTER_EXAMPLES,
    COMPONENTS,
    cluster_example_rows,
    component_rows,
)
from tests.unit.figures.synthetic_composition import COMPOSITION, composition_rows
from tests.unit.figures.synthetic_drift import SHIFTS, shift_rows
from tests.unit.figures.synthetic_evidence import (
    calibration_rows,
    evidence_rows,
    significance_rows,
)
from tests.unit.figures.synthetic_geometry import (
    arithmetic_rows,
    dictionary_rows,
    plane_rows,
    polytope_rows,
    superposition_rows,
)
from tests.unit.figures.synthetic_operators import (
    AGREEMENT,
    OPERATORS,
    agreement_rows,
    operator_rows,
)
from tests.unit.figures.synthetic_reading import cosine_rows, direction_rows, probe_rows
from tests.unit.figures.synthetic_scale import scale_rows, sensitivity_rows
from tests.unit.figures.synthetic_sensitivity import (
    DECODABLE,
    STEERABILITY,
    decodable_rows,
    distance_rows,
    steerability_rows,
)
from tests.unit.figures.synthetic_side_effects import (
    entanglement_rows,
    prompting_rows,
    readout_rows,
)
from tests.unit.figures.synthetic_steering import sample_rows, steering_rows
from tests.unit.figures.synthetic_toys import toys
from tests.unit.figures.synthetic_transfer import position_rows, sparse_rows, transfer_rows
from tests.unit.figures.synthetic_truth import TRUTHS, Row, Truth, sites, spread_sites

_PROBES = "model concept site layer method draw split metric value low high n interval"
_COSINES = (
    "model site layer concept method other_concept other_method metric value low high n interval"
)
_STEERING = (
    "model concept site layer method draw positions unit strength split metric value low high n "
    "interval"
)
_SAMPLES = "model concept site layer method positions unit strength prompt continuation seed "
_SAMPLES += "read_site read_layer log_odds distinct_1 distinct_2 distinct_3 repetition"
_READOUT = (
    "model concept site layer method draw positions unit strength read_site read_layer split "
    "metric value low high n interval"
)
_ENTANGLEMENT = _READOUT.replace("concept", "concept other")
_SCALE = (
    "model concept site layer operator method positions unit strength metric value low high n "
    "interval"
)
_SENSITIVITY = (
    "model concept site layer operator method positions unit metric value low high n interval bound"
)
_SIGNIFICANCE = "model concept site layer method split metric p_value adjusted significant"
_CALIBRATION = "model concept site layer split bin predicted observed low high n"
_TRANSFER = "model concept other site layer method metric value low high n interval"
_SPARSE = "model concept site layer method size draw split metric value low high n interval"
_SUPERPOSITION = "model concept other site layer method metric value low high n"
_DICTIONARIES = "model concept site layer method metric value low high n interval"
_ARITHMETIC = "model concept site layer pairs_by method metric value low high n interval"
_POLYTOPES = (
    "model concept site layer network path method unit strength metric value low high n interval"
)
_PLANE = "model concept site layer network method metric right up value name"
_POSITIONS = "model concept site layer offset method draw split metric value low high n interval"


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
    further = np.random.default_rng([seed, 1])  # tables that came later leave the others' numbers
    probes = probe_rows(truths, places, draws, model, rng)
    return {
        "probes": _frame(_PROBES, [*probes, *evidence_rows(truths, places, model, further)]),
        "significance": _frame(_SIGNIFICANCE, significance_rows(truths, places, model)),
        "calibration": _frame(_CALIBRATION, calibration_rows(truths, places, model)),
        "transfer": _frame(_TRANSFER, transfer_rows(truths, places, model)),
        "sparse": _frame(_SPARSE, sparse_rows(truths, layers, model, further)),
        "positions": _frame(_POSITIONS, position_rows(truths, places, model)),
        "directions": _frame(
            _PROBES.replace(" split", ""), direction_rows(truths, places, model, rng)
        ),
        "cosines": _frame(_COSINES, cosine_rows(truths, places, model, rng)),
        "steering": _frame(_STEERING, steering_rows(truths, places, pushed, draws, model, rng)),
        "agreement": _frame(AGREEMENT, agreement_rows(truths, places, model)),
        "operators": _frame(OPERATORS, operator_rows(truths, places, pushed, model)),
        "readout": _frame(_READOUT, readout_rows(truths, places, pushed, model)),
        "prompting": _frame(_STEERING, prompting_rows(truths, model)),
        "entanglement": _frame(_ENTANGLEMENT, entanglement_rows(truths, places, pushed, model)),
        "samples": _frame(_SAMPLES, sample_rows(truths, pushed, model)),
        "scale": _frame(
            _SCALE,
            [
                *scale_rows(truths, places, pushed, model, rng),
                *distance_rows(truths, places, pushed, model),
            ],
        ),
        "steerability": _frame(STEERABILITY, steerability_rows(truths, places, pushed, model)),
        "decodable_vs_steerable": _frame(DECODABLE, decodable_rows(truths, places, pushed, model)),
        "superposition": _frame(_SUPERPOSITION, superposition_rows(truths, places, layers, model)),
        "polytopes": _frame(_POLYTOPES, polytope_rows(truths, places, model)),
        "components": _frame(COMPONENTS, component_rows(truths, places, model)),
        "cluster_examples": _frame(CLUSTER_EXAMPLES, cluster_example_rows(truths, places, model)),
        "plane": _frame(_PLANE, plane_rows(truths, places, model)),
        "dictionaries": _frame(_DICTIONARIES, dictionary_rows(truths, places, model)),
        "arithmetic": _frame(_ARITHMETIC, arithmetic_rows(truths, places, model)),
        "composition": _frame(COMPOSITION, composition_rows(truths, places, model)),
        "toys": toys(),
        "shifts": _frame(SHIFTS, shift_rows(truths, places, model)),
        "sensitivity": _frame(_SENSITIVITY, sensitivity_rows(truths, places, pushed, model)),
    }


def _frame(columns: str, rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split())
