"""One data set read by several jobs side by side."""

from pathlib import Path

import numpy as np
import pytest

from probesteer.activations.cache import ActivationCache, open_cache
from tests.workflow.tiny_project import Job, TinyProject

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kinds")]


def manifests(project: TinyProject) -> list[Path]:
    """Of the position, then of the window."""
    found = sorted(project.folder.glob("results/activations/*/mood-*/manifest.json"))
    return sorted(found, key=lambda path: path.parent.name.endswith("-window"))


def test_three_jobs_give_what_one_gives(fresh: TinyProject) -> None:
    with (fresh.folder / "config/concept/mood.yaml").open("a") as settings:
        settings.write("window: 3\n")
    of_one = fresh.copy(fresh.folder.with_name("one"))
    run = of_one.snakemake("activations", config=["concept=mood"])
    assert run.returncode == 0, run.stderr
    run = fresh.snakemake("activations", config=["concept=mood", "set=activations.shards=3"])
    assert run.returncode == 0, run.stderr
    assert len(list(fresh.folder.glob("results/activations/*/mood-*/shard-*.log"))) == 2 * 3
    assert len(manifests(fresh)) == len(manifests(of_one)) == 2
    for whole, gathered in zip(manifests(of_one), manifests(fresh), strict=True):
        assert gathered.relative_to(fresh.folder) == whole.relative_to(of_one.folder)
        assert not list(gathered.parent.glob("shard-*/*"))
        one, three = open_cache(whole), open_cache(gathered)
        compare(three, one)
        if whole.parent.name.endswith("-window"):
            assert one.untrained is None and three.untrained is None
            assert np.bincount(one.example).max() == 3
        else:
            assert one.untrained is not None and three.untrained is not None
            compare(three.untrained, one.untrained)
    planned = fresh.planned("concept=mood", "set=activations.shards=3")
    made = {"extract_shard", "gather_activations", "extract_window_shard", "gather_window"}
    assert {job.rule for job in planned}.isdisjoint(made)
    # One job finds the layers that three have made, and leaves them.
    before = fresh.results()
    run = fresh.snakemake("activations", config=["concept=mood"])
    assert run.returncode == 0, run.stderr
    assert fresh.results() == before


def compare(found: ActivationCache, expected: ActivationCache) -> None:
    assert np.array_equal(found.example, expected.example)
    assert np.array_equal(found.token, expected.token)
    for place in expected.places:
        np.testing.assert_allclose(found.read(place), expected.read(place), atol=1e-5)


def test_windows_are_read_for_the_concepts_that_have_one(fresh: TinyProject) -> None:
    with (fresh.folder / "config/concept/mood.yaml").open("a") as settings:
        settings.write("window: 3\n")
    planned = fresh.planned()
    for rule in ("extract_window", "fit_position_probes"):
        assert {job for job in planned if job.rule == rule} == {Job(rule, "tiny", "mood")}
    assert {job.concept for job in planned if job.rule == "fit_probes"} == {"mood", "animal"}
    without = fresh.planned("concept=animal")
    assert {job.rule for job in without}.isdisjoint({"extract_window", "fit_position_probes"})
