"""The cheapest faults; `make test-faults` does many, at random moments."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.campaign import prepare
from tests.faults.damage import flip_keeping_the_time, kill_everything
from tests.faults.outcomes import EQUAL, FOUND, TOLD, outcome
from tests.faults.small_experiment import SmallExperiment
from tests.faults.trials import Bench, on_a_file

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

LAYER = "activations/tiny-*/mood-*/resid_post.001.safetensors"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """The small experiment, run once."""
    return prepare(tmp_path_factory.mktemp("faults"))


@pytest.fixture
def trial(bench: Bench) -> Iterator[SmallExperiment]:
    """The finished experiment, to be spoiled."""
    yield bench.finished.copy(bench.trial)
    shutil.rmtree(bench.trial)


def flipped_layer(trial: SmallExperiment) -> Path:
    """Flip a bit of a layer so that only its bytes tell; where it is, from the results on."""
    (layer,) = trial.results_folder.glob(LAYER)
    flip_keeping_the_time(layer, random.Random(0))
    return layer.relative_to(trial.results_folder)


def test_a_flipped_byte_is_not_read(bench: Bench, trial: SmallExperiment) -> None:
    (trial.results_folder / "tiny/tables/tiny/mood/directions.parquet").unlink()
    assert outcome(trial, bench.expected, flipped_layer(trial)) == TOLD


def test_a_flipped_byte_that_nothing_reads_is_found_by_verify(
    bench: Bench, trial: SmallExperiment
) -> None:
    assert outcome(trial, bench.expected, flipped_layer(trial)) == FOUND


def test_activations_that_were_half_written_when_all_was_killed(bench: Bench) -> None:
    line = on_a_file("flip half-written", bench, random.Random(1))
    shutil.rmtree(bench.trial)
    assert line.outcome == EQUAL, line


def test_of_two_runs_at_once_the_second_says_so_and_stops(trial: SmallExperiment) -> None:
    shutil.rmtree(trial.results_folder / "tiny/tables")
    first = trial.start()
    while not list(trial.folder.glob(".snakemake/locks/*")):
        assert first.poll() is None
        time.sleep(0.01)
    before = trial.kept()
    second = trial.project.snakemake("probes")
    assert second.returncode == 1
    assert "Directory cannot be locked" in second.stderr
    assert first.poll() is None
    kill_everything(first)
    assert before.items() <= trial.kept().items()
