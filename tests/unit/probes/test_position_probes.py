"""Probes at the tokens of a window: planted labels, short texts, other implementations."""

import logging
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table, write_table
from probesteer.places import EMBEDDING, Place
from probesteer.probes.controls.shuffled_labels import shuffled_labels
from probesteer.probes.cross_validation import choose_C, grouped_folds
from probesteer.probes.logistic import fit_logistic
from probesteer.probes.metrics.intervals import group_resamples
from probesteer.probes.metrics.two_labels import accuracy, auroc
from probesteer.probes.position_probes import NULL_DRAWS, evaluate_positions, offsets_of
from probesteer.settings.schema import ActivationSettings, ModelSettings, ProbeSettings
from probesteer.settings.slices.probes import PositionsSlice
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages import positions
from probesteer.stages.interface import InputPath, OutputPath

EXAMPLES, WINDOW, WIDTH = 120, 4, 5
SETTINGS = ProbeSettings(C=[0.1, 1.0], folds=3, bootstrap_draws=200)
DEEP = Place("resid_post", 0)


class Planted:
    """Noise, in which the label enters at offset -2 and, at the deeper place, stays from there.

    Every seventh text has two tokens only.
    """

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.labels = np.arange(EXAMPLES) % 2
        self.groups = np.array([f"group {number // 4}" for number in range(EXAMPLES)])
        thirds = np.arange(EXAMPLES) // 4 % 5
        self.splits = np.array(["train", "train", "train", "validation", "test"])[thirds]
        lengths = np.where(np.arange(EXAMPLES) % 7 == 0, 2, WINDOW)
        self.example = np.repeat(np.arange(EXAMPLES), lengths)
        counted = np.concatenate([np.arange(length) - length + 1 for length in lengths])
        self.offset = counted
        sign = 2.0 * self.labels[self.example] - 1
        self.X: dict[Place, NDArray[np.float32]] = {}
        for place, there in ((EMBEDDING, counted == -2), (DEEP, counted >= -2)):
            X = rng.normal(size=(len(self.example), WIDTH))
            X[:, 0] += 3 * sign * there
            self.X[place] = X.astype(np.float32)

    def of_rows(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        return self.labels[self.example], self.groups[self.example], self.splits[self.example]

    def evaluate(self) -> pd.DataFrame:
        read, places = self.X.__getitem__, list(self.X)
        return evaluate_positions(read, places, *self.of_rows(), self.example, SETTINGS, 0)


@pytest.fixture(scope="module")
def planted() -> Planted:
    return Planted()


@pytest.fixture(scope="module")
def table(planted: Planted) -> pd.DataFrame:
    return planted.evaluate()


def values(table: pd.DataFrame, place: Place, method: str = "logistic") -> dict[int, float]:
    """Accuracy at each offset of a place."""
    kept = table.query("layer == @place.layer and site == @place.site and method == @method")
    kept = kept[kept.metric == "accuracy"]
    return dict(zip(kept.offset, kept.value, strict=True))


def test_offsets_count_back_from_the_last_row_of_an_example() -> None:
    examples = np.array([0, 0, 0, 3, 4, 4])
    assert offsets_of(examples).tolist() == [-2, -1, 0, 0, -1, 0]


def test_the_label_is_read_where_it_was_planted(table: pd.DataFrame) -> None:
    shallow, deep = values(table, EMBEDDING), values(table, DEEP)
    assert list(shallow) == list(deep) == [-3, -2, -1, 0]
    assert shallow[-2] > 0.95 and all(shallow[offset] < 0.8 for offset in (-3, -1, 0))
    assert deep[-3] < 0.8 and all(deep[offset] > 0.95 for offset in (-2, -1, 0))
    nulls = table[table.method == "shuffled_labels"]
    assert nulls.value.between(0.3, 0.7).all()
    assert (nulls.n == NULL_DRAWS).all() and (nulls.interval == "standard deviation").all()


def test_rows_and_columns(planted: Planted, table: pd.DataFrame) -> None:
    assert list(table.columns) == [
        "site", "layer", "offset", "method", "draw", "split", "metric", "value", "low", "high",
        "n", "interval",
    ]  # fmt: skip
    assert len(table) == 2 * WINDOW * 2 * 2
    assert not table.duplicated(["site", "layer", "offset", "method", "metric"]).any()
    assert (table.draw == -1).all() and (table.split == "test").all()
    assert ((table.low <= table.value) & (table.value <= table.high)).all()
    # Texts of two tokens lack the earliest two offsets.
    tested = planted.splits == "test"
    short = tested & (np.arange(EXAMPLES) % 7 == 0)
    fitted = table[table.method == "logistic"].groupby("offset").n.unique()
    expected = {-3: tested.sum() - short.sum(), -2: tested.sum() - short.sum()}
    assert short.sum() > 0
    for offset, found in fitted.items():
        assert found.tolist() == [expected.get(int(str(offset)), tested.sum())]


@pytest.mark.parametrize("offset", [-3, 0])
def test_a_value_is_that_of_probes_fitted_one_by_one(
    offset: int, planted: Planted, table: pd.DataFrame
) -> None:
    rows = planted.offset == offset
    X = planted.X[DEEP][rows]
    labels, groups, splits = (column[rows] for column in planted.of_rows())
    train, test = splits == "train", splits == "test"
    folds = grouped_folds(labels[train], groups[train], SETTINGS.folds, 0)
    C, _ = choose_C(X[train], labels[train], folds, SETTINGS.C)
    scores = fit_logistic(X[train], labels[train], C).scores(X[test])
    resamples = group_resamples(groups[test], SETTINGS.bootstrap_draws, [0, zlib.crc32(b"test")])
    shuffled = [
        shuffled_labels(labels, planted.example[rows], groups, splits, draw, 0)
        for draw in range(NULL_DRAWS)
    ]
    of_place = table.query("layer == 0 and offset == @offset and site == 'resid_post'")
    found = of_place.set_index(["method", "metric"])
    for metric, measure in (("accuracy", accuracy), ("auroc", auroc)):
        row: Any = found.loc[("logistic", metric)]
        assert row.value == pytest.approx(float(measure(labels[test], scores)), abs=1e-12)
        ends = resamples.interval(partial(measure, labels[test], scores))
        assert (row.low, row.high) == pytest.approx((ends.low, ends.high), abs=1e-12)
        nulls = [
            float(measure(drawn[test], fit_logistic(X[train], drawn[train], C).scores(X[test])))
            for drawn in shuffled
        ]
        row, spread = found.loc[("shuffled_labels", metric)], np.std(nulls, ddof=1)
        assert row.value == pytest.approx(np.mean(nulls), abs=1e-9)
        assert (row.low, row.high) == pytest.approx((row.value - spread, row.value + spread))


def test_it_is_the_same_every_time(table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(Planted().evaluate(), table, check_exact=True)


def test_an_offset_that_too_few_texts_reach_is_left_out_and_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    few = Planted()
    # The earliest offset is left to the texts of two groups of training, which can't fill three
    # folds, and to those of test.
    at_most = few.splits[few.example] == "test"
    kept = (few.offset > -3) | (few.example < 8) | at_most
    few.example, few.offset = few.example[kept], few.offset[kept]
    few.X = {place: X[kept] for place, X in few.X.items()}
    with caplog.at_level(logging.INFO):
        found = few.evaluate()
    assert sorted(found.offset.unique()) == [-2, -1, 0]
    [said] = [record.message for record in caplog.records if "left out" in record.message]
    assert said.startswith("offset -3 is left out: train split: ")


def test_faults_are_one_line() -> None:
    bad = Planted()
    bad.X[DEEP][7, 2] = np.nan
    with pytest.raises(ProbesteerError, match="resid_post, layer 0: row 7: activation is"):
        bad.evaluate()
    bad.X[DEEP] = bad.X[DEEP][:-1]
    with pytest.raises(ProbesteerError, match=r"rows are labelled; delete them and read again$"):
        bad.evaluate()
    alone = Planted()
    alone.labels = np.zeros_like(alone.labels)
    with pytest.raises(ProbesteerError, match=r"^train split: labels are \[0\] where both"):
        alone.evaluate()


SUBJECTS = ("cat", "dog", "bird", "man", "house", "day", "old", "red", "big", "little", "and", "No")


@pytest.fixture
def written(tmp_path: Path, model_folder: Callable[[str], Path]) -> Path:
    """A folder after the stages before this one: sentences that differ in one word, by label."""
    from probesteer.models.fetching import fetch_model
    from probesteer.models.record import write_record
    from probesteer.stages import activations

    texts = [f"The {subject} was {word} today" for subject in SUBJECTS for word in ("sad", "happy")]
    frame = pd.DataFrame(
        {
            "text": texts,
            "label": [number % 2 for number in range(len(texts))],
            "group": [SUBJECTS[number // 2] for number in range(len(texts))],
            "split": [("train", "test", "train")[number // 2 % 3] for number in range(len(texts))],
        }
    )
    frame.to_csv(tmp_path / "examples.csv", index=False)
    write_table(tmp_path / "examples.parquet", frame, {})
    model = ModelSettings(path=str(model_folder("llama")), device="cpu")
    write_record(tmp_path / "record.json", fetch_model("llama", model, tmp_path))
    asked = ActivationSettings(untrained=False)
    activations.run(
        ActivationsSlice("window:6", model, asked),
        {"code": ""},
        record=InputPath(tmp_path / "record.json"),
        examples=InputPath(tmp_path / "examples.csv"),
        manifest=OutputPath(tmp_path / "window/manifest.json"),
    )
    return tmp_path


def test_a_causal_model_reads_a_word_from_its_token_on(written: Path) -> None:
    """Before it, sentences of both labels are the same to the model."""
    positions.run(
        PositionsSlice("llama", "mood", 0, 6, ProbeSettings(C=[100.0], folds=2)),
        {"stage": "positions"},
        manifest=InputPath(written / "window/manifest.json"),
        examples=InputPath(written / "examples.parquet"),
        table=OutputPath(written / "positions.parquet"),
    )
    table = read_table(written / "positions.parquet")
    assert list(table.columns[:3]) == ["model", "concept", "site"]
    assert set(table.model) == {"llama"} and set(table.concept) == {"mood"}
    # Five words: the sixth token of the window would be <s>, which is never read.
    embedding, deep = values(table, EMBEDDING), values(table, Place("resid_post", 2))
    assert list(embedding) == list(deep) == [-4, -3, -2, -1, 0]
    assert [embedding[offset] for offset in (-4, -3, -2, -1, 0)] == [0.5, 0.5, 0.5, 1, 0.5]
    assert [deep[offset] for offset in (-4, -3, -2)] == [0.5, 0.5, 0.5]
    assert deep[-1] > 0.8 and deep[0] > 0.8
    assert (table[table.method == "logistic"].n == 8).all()
