"""What the profile makes of a run, without a cluster: few jobs, and every group has its size."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.slurm.cluster_runs import PROFILE
from tests.workflow.tiny_project import CONCEPTS, MODEL, REPOSITORY, add_concept, write_project

MADE_HERE = {"all", "fetch_model", "fetch_dataset", "draw_figures", "write_report"}


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


def test_every_rule_of_a_model_gets_a_gpu_and_every_rule_a_job() -> None:
    profile = yaml.safe_load(PROFILE.read_text())
    text = "\n".join(file.read_text() for file in (REPOSITORY / "workflow/rules").glob("*.smk"))
    # A rule whose name is made up of the settings has none here.
    bodies = re.split(r"^ *(?:rule|use rule \w+ as) ?(\w*)(?::| with:)$", text, flags=re.MULTILINE)
    rules = {name: body for name, body in zip(bodies[1::2], bodies[2::2], strict=True) if name}
    inherits = {"extract_window": "extract_activations", "extract_window_shard": "extract_shard"}
    for heir, rule in inherits.items():
        rules[heir] += rules[rule]
    on_a_gpu = {rule for rule, body in rules.items() if "gpu=gpus_of_" in body}
    asked = {rule for rule, given in profile["set-resources"].items() if given.get("gpu") == 1}
    assert asked == on_a_gpu
    assert {profile["set-resources"][rule]["slurm_partition"] for rule in asked} == {"gpu"}
    assert on_a_gpu <= set(profile["set-threads"])
    alone = {
        "compare_checkpoints",
        "extract_shard",
        "extract_window_shard",
        "measure_entanglement",
        "train_demo_model",
    }
    makes = {rule for rule, body in rules.items() if " shell:" in body or rule in inherits}
    grouped = {rule for rule in profile["groups"] if not rule.startswith("train_digits_")}
    assert makes - alone - MADE_HERE == grouped - {"gather_window"}
