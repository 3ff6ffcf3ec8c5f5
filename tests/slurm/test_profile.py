"""What the profile makes of a run, without a cluster: few jobs, and every group has its size."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.slurm.cluster_runs import PROFILE
from tests.workflow.tiny_project import CONCEPTS, MODEL, add_concept, write_project

MADE_HERE = {"all", "fetch_model", "draw_figures", "write_report"}


@pytest.mark.slow
@pytest.mark.parametrize("sites", ["resid_post", "resid_post,mlp_act"])
def test_ten_concepts_take_few_jobs(
    tmp_path: Path, model_folder: Callable[[str], Path], sites: str
) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm", reason="`make test-slurm` installs it")
    project = write_project(tmp_path, model_folder("gpt2"))
    more = [f"concept{number}" for number in range(10 - len(CONCEPTS))]
    for concept in more:
        add_concept(project, concept, ("sad",), ("happy",))
    concepts = ",".join([*CONCEPTS, *more])
    run = project.snakemake(
        "all",
        config=[f"model={MODEL}", f"concept=[{concepts}]", f"set=activations.sites=[{sites}]"],
        options=["--dry-run", "--workflow-profile", "workflow/profiles/slurm"],
    )
    assert run.returncode == 0, run.stderr
    groups = re.findall(r"Group job (\w+)", run.stdout)
    alone = re.findall(r"^(?:local)?rule (\w+):$", run.stdout, re.MULTILINE)
    jobs = [*groups, *(rule for rule in alone if rule not in MADE_HERE)]
    assert set(groups) >= {"examples", "activations", "probes", "steering", "scale"}
    assert len(jobs) <= 12, sorted(jobs)


def test_every_group_has_a_size() -> None:
    profile = yaml.safe_load(PROFILE.read_text())
    assert set(profile["group-components"]) == set(profile["groups"].values())
