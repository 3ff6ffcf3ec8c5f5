"""Scanned digits, from nothing but the packages to the report: a classifier that a rule trains."""

import json

import pytest

from probesteer.files.tables import read_table
from tests.workflow.tiny_project import TinyProject

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("digits")]
SETTINGS = (
    "models=[digits]",
    "concept=[digits_class,digits_eight]",
    "set=geometry.parts=[polytopes] geometry.trained_toys=false geometry.examples=200"
    " geometry.paths=10 geometry.factors=[0,0.5,1,2] geometry.strengths=[-8,0,8]"
    " geometry.shuffled_labels=results/made/digits/shuffled",
)


def test_a_classifier_is_trained_read_steered_and_taken_apart(fresh: TinyProject) -> None:
    run = fresh.snakemake(config=SETTINGS)
    assert run.returncode == 0, run.stdout + run.stderr
    made = fresh.folder / "results/made/digits"
    trained = json.loads((made / "model/training.json").read_text())
    assert trained["accuracy on other hands"] > 0.93
    # By lot: learned by heart, and of no use for the digits of other hands.
    shuffled = json.loads((made / "shuffled/training.json").read_text())
    assert shuffled["accuracy on other hands"] < 0.2
    # Nothing that differs from run to run is among the files that tell models apart.
    [record] = fresh.folder.glob("results/models/digits-*/record.json")
    weights = {"config.json", "model.safetensors", "preprocessor_config.json"}
    assert set(json.loads(record.read_text())["files"]) == {*weights, "training.json"}
    results = fresh.folder / "results/tiny"
    assert (results / "report.html").is_file()

    tables = results / "tables/digits"
    probes = read_table(tables / "digits_class/probes.parquet")
    read = probes.query("method == 'logistic' and metric == 'accuracy' and layer == 2")
    assert read["value"].max() > 0.9
    steering = read_table(tables / "digits_eight/steering.parquet").query(
        "metric == 'logit_difference_change' and site == 'resid_post' and layer == 2"
        " and method == 'difference_of_means' and split == 'all'"
    )
    means = steering.groupby("strength")["value"].mean().to_dict()
    assert means[-1.0] < -1 and means[0.0] == 0 and means[1.0] > 1

    polytopes = read_table(tables / "digits_class/polytopes.parquet")
    differences = polytopes.query("metric == 'density_difference' and layer == 1")
    for path, bound in (("pairs", -0.1), ("arc", -0.05)):
        own = differences[differences["path"] == path].to_dict("records")
        ends = {row["network"]: (row["low"], row["high"]) for row in own}
        assert set(ends) == {"trained", "shuffled", "reinitialised"}
        # Boundaries lie between the classes of a network that learned them, and of no other.
        assert ends["trained"][1] < bound < ends["shuffled"][0]
    # What was made is an input like any other: nothing is left to do.
    assert fresh.planned(*SETTINGS) == set()


def test_a_made_file_that_no_rule_makes_is_named(fresh: TinyProject) -> None:
    wrong = "concept.digits_eight.prompts=results/made/digits/prompts.csv"
    run = fresh.snakemake(config=["models=[digits]", "concept=digits_eight", f"set={wrong}"])
    assert run.returncode == 1
    told = "config: no rule makes results/made/digits/prompts.csv; correct the path"
    assert told in (run.stdout + run.stderr)
