"""What makes a job run again, asked of a dry run after a finished one."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflow.tiny_project import Job, TinyProject, add_concept, add_model

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("workflow")]

EVERY = ("mood", "animal")
GATHERED = {Job("compare_directions", "tiny"), Job("draw_figures", "tiny"), Job("write_report")}
DRAWN = {Job("draw_figures", "tiny"), Job("write_report")}
COMPARED = DRAWN | {Job("compare_reading_and_steering", "tiny")}
JUDGED = GATHERED | {Job("adjust_significance", "tiny"), Job("transfer_probes", "tiny")} | COMPARED


def jobs(rules: str, concepts: tuple[str, ...] = EVERY, model: str = "tiny") -> set[Job]:
    """The jobs of several rules for some concepts in a model."""
    return {Job(rule, model, concept) for rule in rules.split() for concept in concepts}


FROM_PROBES = jobs("fit_probes derive_directions steer measure_scale") | JUDGED
FROM_ACTIVATIONS = jobs("extract_activations") | FROM_PROBES


def append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as target:
        target.write(text)


def test_a_finished_run_has_nothing_to_do(finished: TinyProject) -> None:
    again = finished.snakemake("all")
    assert again.returncode == 0
    assert "Nothing to be done" in again.stdout + again.stderr


def test_comments_and_formatting_rerun_nothing(project: TinyProject) -> None:
    for name in ("config.yaml", "experiment/tiny.yaml", "concept/mood.yaml", "probe/default.yaml"):
        append(project.folder / "config" / name, "\n# a comment\n")
    for source in project.package.rglob("*.py"):
        append(source, "\n\n# a comment\n")
    for rules in [project.folder / "Snakefile", *project.folder.glob("workflow/rules/*.smk")]:
        append(rules, "\n\n# a comment\n")
    assert project.planned() == set()


def test_touched_files_of_equal_content_rerun_nothing(project: TinyProject) -> None:
    for name in ("data/mood/examples.csv", "models/tiny/config.json", "config/config.yaml"):
        (project.folder / name).touch()
    assert project.planned() == set()


@pytest.mark.parametrize("setting", ["plot.dpi=90", "plot.font_size=8"])
def test_a_plot_setting_redraws_only(finished: TinyProject, setting: str) -> None:
    assert finished.planned(f"set={setting}") == DRAWN


def test_another_C_refits_probes_and_what_follows(finished: TinyProject) -> None:
    assert finished.planned("set=probe.C=[0.5]") == FROM_PROBES


def test_a_C_written_in_another_way_reruns_nothing(finished: TinyProject) -> None:
    assert finished.planned("set=probe.C=[1e-1,1]") == set()


def test_a_strength_steers_again(finished: TinyProject) -> None:
    planned = finished.planned("set=steering.strengths=[-2,0,2]")
    assert planned == jobs("steer") | COMPARED


def test_side_effects_are_one_more_job_a_model(finished: TinyProject) -> None:
    planned = finished.planned("set=steering.entanglement=[-1,1]")
    assert planned == {Job("measure_entanglement", "tiny")} | DRAWN


def test_a_new_concept_computes_itself(project: TinyProject) -> None:
    add_concept(project, "colour", ("red", "big"), ("old", "little"))
    own = "extract_activations fit_probes derive_directions steer measure_scale"
    planned = project.planned("concept=mood,animal,colour")
    prepared = {Job("prepare_examples", concept="colour")}
    assert planned == jobs(own, ("colour",)) | prepared | JUDGED


def test_a_new_model_computes_itself(
    project: TinyProject, model_folder: Callable[[str], Path]
) -> None:
    add_model(project, "other", model_folder("gptneox"))
    own = "extract_activations fit_probes derive_directions steer measure_scale"
    of_model = "fetch_model compare_directions adjust_significance transfer_probes draw_figures"
    of_model += " compare_reading_and_steering"
    gathered = {Job(rule, "other") for rule in of_model.split()}
    planned = project.planned("model=tiny,other")
    assert planned == jobs(own, model="other") | gathered | {Job("write_report")}


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("stages/examples", jobs("steer measure_scale fit_probes derive_directions") | JUDGED),
        ("stages/activations", FROM_ACTIVATIONS),
        ("models/sites", FROM_ACTIVATIONS),
        ("probes/logistic", FROM_PROBES),
        ("stages/cosines", GATHERED),
        ("interventions/samples", jobs("steer") | COMPARED),
        ("stages/scale", jobs("measure_scale") | COMPARED),
        ("stages/steerability", COMPARED),
        ("figures/catalogue", DRAWN),
        ("report/page", {Job("write_report")}),
    ],
)
def test_changed_code_reruns_its_stage_and_what_follows(
    project: TinyProject, module: str, expected: set[Job]
) -> None:
    if module == "stages/examples":
        expected = expected | {Job("prepare_examples", concept=concept) for concept in EVERY}
    append(project.package / f"{module}.py", "\n\nADDED = 1\n")
    assert project.planned() == expected


MOOD = ("mood",)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("tiny/tables/tiny/mood/steering.parquet", jobs("steer", MOOD) | COMPARED),
        ("tiny/tables/tiny/mood/steering_prompts.parquet", jobs("steer", MOOD) | COMPARED),
        ("tiny/tables/tiny/decodable_vs_steerable.parquet", COMPARED),
        ("tiny/figures/tiny/dose_response.png", DRAWN),
        ("tiny/findings.txt", {Job("write_report")}),
        (
            "tiny/concepts/mood/examples.parquet",
            jobs("fit_probes derive_directions steer measure_scale", MOOD)
            | {Job("prepare_examples", concept="mood")}
            | JUDGED,
        ),
        (
            "activations/tiny-*/mood-*/resid_post.001.safetensors",
            jobs("extract_activations fit_probes derive_directions steer measure_scale", MOOD)
            | JUDGED,
        ),
    ],
)
def test_a_deleted_file_is_made_again_with_what_follows(
    project: TinyProject, file: str, expected: set[Job]
) -> None:
    (found,) = (project.folder / "results").glob(file)
    found.unlink()
    assert project.planned() == expected


def test_changed_examples_are_read_again_in_their_concept_only(project: TinyProject) -> None:
    examples = project.folder / "data/mood/examples.csv"
    examples.write_text(examples.read_text().replace("Tom", "Tim"))
    own = "extract_activations fit_probes derive_directions steer measure_scale"
    prepared = {Job("prepare_examples", concept="mood")}
    assert project.planned() == jobs(own, MOOD) | prepared | JUDGED


def test_experiments_share_models_and_activations(project: TinyProject) -> None:
    experiments = project.folder / "config/experiment"
    (experiments / "other.yaml").write_text((experiments / "tiny.yaml").read_text())
    planned = project.planned("experiment=other", "set=probe.C=[0.5]")
    prepared = {Job("prepare_examples", concept=concept) for concept in EVERY}
    assert planned == FROM_PROBES | prepared
