"""One data set read by several jobs side by side."""

import numpy as np
import pytest

from probesteer.activations.cache import open_cache
from tests.workflow.tiny_project import TinyProject

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kinds")]


def test_three_jobs_give_what_one_gives(fresh: TinyProject) -> None:
    of_one = fresh.copy(fresh.folder.with_name("one"))
    run = of_one.snakemake("activations", config=["concept=mood"])
    assert run.returncode == 0, run.stderr
    run = fresh.snakemake("activations", config=["concept=mood", "set=activations.shards=3"])
    assert run.returncode == 0, run.stderr
    assert len(list(fresh.folder.glob("results/activations/*/mood-*/shard-*.log"))) == 3
    (whole,) = of_one.folder.glob("results/activations/*/mood-*/manifest.json")
    (gathered,) = fresh.folder.glob("results/activations/*/mood-*/manifest.json")
    assert gathered.relative_to(fresh.folder) == whole.relative_to(of_one.folder)
    one, three = open_cache(whole), open_cache(gathered)
    for place in one.places:
        np.testing.assert_allclose(three.read(place), one.read(place), atol=1e-5)
    assert not list(gathered.parent.glob("shard-*/*"))
    planned = fresh.planned("concept=mood", "set=activations.shards=3")
    assert {job.rule for job in planned}.isdisjoint({"extract_shard", "gather_activations"})
    # One job finds the layers that three have made, and leaves them.
    before = fresh.results()
    run = fresh.snakemake("activations", config=["concept=mood"])
    assert run.returncode == 0, run.stderr
    assert fresh.results() == before
