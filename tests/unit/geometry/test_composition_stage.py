"""The stage arithmetic composes two concepts whose examples hold the same texts."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.activations.cache import MANIFEST, Request, write_manifest, write_tokens
from probesteer.errors import ProbesteerError
from probesteer.figures.rows import matching
from probesteer.files.tables import read_table, write_table
from probesteer.geometry.calibration import Calibration
from probesteer.geometry.calibration_table import calibration_table
from probesteer.geometry.calibrations import calibrate_wired
from probesteer.geometry.superposition import composition_calibrations, composition_rows
from probesteer.geometry.superposition.additivity import joint_share
from probesteer.geometry.superposition.combinations import (
    COMBINATIONS,
    Crossed,
    combination_sums,
)
from probesteer.places import Place
from probesteer.settings.slices.geometry import ArithmeticSlice
from probesteer.stages import arithmetic
from probesteer.stages.interface import InputPath, InputPaths, OutputPath
from tests.cached_layers import write_layer

PLACES = [Place("resid_post", 0), Place("mlp_act", 0)]
GROUPS = np.repeat(np.arange(8), 4)
LABELS = np.tile(COMBINATIONS, (8, 1))
RNG = np.random.default_rng(0)
X = np.pad(3.0 * LABELS, ((0, 0), (0, 4))) + 0.1 * RNG.standard_normal((32, 6))
Files = tuple[InputPath, InputPath]


def concept(folder: Path, labels: NDArray[np.int64], order: NDArray[np.int64]) -> Files:
    """Cache and examples of texts of two tokens each, in an order of their own."""
    request = Request("m", "float32", "T", "", "last", "float64", folder.name)
    for place in PLACES:
        write_layer(folder, place, X[order], request)
    n = len(order)
    write_tokens(
        folder,
        {
            "example": np.arange(n),
            "token": np.ones(n, dtype=np.int64),
            "ids": np.stack([order, order + 100], axis=1).ravel(),
            "lengths": np.full(n, 2),
        },
    )
    write_manifest(folder, request, PLACES, {"causal": True})
    frame = pd.DataFrame(
        {
            "text": [f"text {number}" for number in order],
            "label": labels[order],
            "group": [f"group {number}" for number in GROUPS[order]],
        }
    )
    write_table(folder / "examples", frame, {})
    return InputPath(folder / MANIFEST), InputPath(folder / "examples")


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Files]:
    monkeypatch.setattr(composition_rows, "LOT_DRAWS", 2)
    shuffled = np.random.default_rng(1).permutation(32)
    return [
        concept(tmp_path / "number", LABELS[:, 0], np.arange(32)),
        concept(tmp_path / "tense", LABELS[:, 1], shuffled),
    ]


@cache
def wired() -> tuple[Calibration, ...]:
    return calibrate_wired(0)


def composed(
    both: list[Files], named: list[list[str]] | None, missed: str | None = None
) -> pd.DataFrame:
    folder = both[0][1].parent
    tried = calibration_table(wired())
    if missed is not None:
        tried["holds"] &= tried["instrument"] != missed
    write_table(folder / "instruments", tried, {})
    written = OutputPath(folder / "composition")
    arithmetic.run(
        ArithmeticSlice("tiny", 0, ["number", "tense"], 100, named),
        {},
        instruments=InputPath(folder / "instruments"),
        manifests=InputPaths(tuple(manifest for manifest, _ in both)),
        examples=InputPaths(tuple(examples for _, examples in both)),
        table=OutputPath(folder / "arithmetic"),
        composition=written,
    )
    return read_table(written)


def test_texts_of_both_are_composed_whatever_their_order(both: list[Files]) -> None:
    found = composed(both, None)
    assert set(found["site"]) == {"resid_post"}
    share = matching(found, concept="number", other="tense", metric="joint_share")
    sums = combination_sums(Crossed(X, LABELS, GROUPS))
    expected = joint_share(sums, np.ones((1, 8)), 0)[0]
    assert share["value"].item() == pytest.approx(expected, abs=1e-6)
    read = matching(found, concept="tense", method="unseen", metric="auroc", unseen="")
    # Scores of several folds are ranked together.
    assert read["value"].item() > 0.95
    pd.testing.assert_frame_equal(found, composed(both, [["number", "tense"]]))
    turned = composed(both, [["tense", "number"]])
    predicted = matching(turned, method="predicted", metric="nearest", unseen="0,1")
    assert predicted[["concept", "other"]].to_numpy().tolist() == [["tense", "number"]]
    assert composed(both, []).empty


def test_what_missed_its_truth_is_left_out(both: list[Files]) -> None:
    without_offsets = composed(both, None, missed=composition_calibrations.SHARE)
    assert set(without_offsets["metric"]) == {"balanced_accuracy", "auroc"}
    without_directions = composed(both, None, missed=composition_calibrations.AUROC)
    assert "auroc" not in set(without_directions["metric"])
    assert "joint_share" in set(without_directions["metric"])


def test_other_token_ids_are_another_text(both: list[Files]) -> None:
    # As a chat template would have it: the same text, read after other tokens.
    folder = both[1][0].parent
    ids = {"ids": np.arange(64), "lengths": np.full(32, 2)}
    write_tokens(folder, {"example": np.arange(32), "token": np.ones(32, dtype=np.int64), **ids})
    request = Request("m", "float32", "T", "", "last", "float64", folder.name)
    write_manifest(folder, request, PLACES, {"causal": True})
    assert composed(both, None).empty
    with pytest.raises(ProbesteerError, match="number and tense share no text that is read at"):
        composed(both, [["number", "tense"]])
