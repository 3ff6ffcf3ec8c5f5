"""The real config/ composes, in every form of the command line."""

import re
from pathlib import Path
from typing import Any

import pytest

from probesteer.settings.compose import compose_settings
from tests.unit.settings.conftest import PROJECT


def stems(group: str) -> list[str]:
    return sorted(file.stem for file in (PROJECT / "config" / group).glob("*.yaml"))


def test_without_a_command_line_it_is_the_quickstart(project: Path) -> None:
    settings = compose_settings(project / "config", {})
    assert settings.experiment == "quickstart"
    assert settings.models == ["demo"]
    assert list(settings.model) == ["demo"]
    assert list(settings.concept) == settings.concepts
    assert settings.model["demo"].path == "src/probesteer/models/demo/weights"


def test_every_model_composes(project: Path) -> None:
    """Also those with a dot in their name, which Hydra's own keys can't hold."""
    names = stems("model")
    settings = compose_settings(project / "config", {"model": names, "set": "model.local.path=w"})
    assert settings.models == list(settings.model) == names
    assert all(model.path or model.hub for model in settings.model.values())
    assert settings.model["llama-3.2-1b"].hub == "meta-llama/Llama-3.2-1B"


def test_a_model_with_a_dot_in_its_name_composes_alone(project: Path) -> None:
    settings = compose_settings(project / "config", {"model": "qwen2.5-0.5b"})
    assert settings.models == list(settings.model) == ["qwen2.5-0.5b"]


@pytest.mark.parametrize("name", stems("experiment"))
def test_every_experiment_composes_under_its_name(name: str, project: Path) -> None:
    settings = compose_settings(project / "config", {"experiment": name})
    assert settings.experiment == name
    compared = [name for pair in settings.geometry.drift.checkpoints for name in pair]
    assert list(settings.model) == list(dict.fromkeys([*settings.models, *compared]))
    assert list(settings.concept) == settings.concepts


def test_every_concept_composes_and_its_data_is_there(project: Path) -> None:
    names = stems("concept")
    settings = compose_settings(project / "config", {"concept": names})
    assert settings.concepts == list(settings.concept) == names
    for concept in settings.concept.values():
        assert all(isinstance(label, str) and label for label in concept.labels)
        for path in (concept.examples, concept.prompts, concept.neutral):
            # What rules make from the packages' data isn't there before they ran.
            assert path.startswith("results/made/") or (project / path).is_file()


def test_labels_are_the_words_of_the_file(config_copy: Path) -> None:
    """YAML takes false, no and off for one, and 01 for a number."""
    path = config_copy / "concept" / "story_sentiment.yaml"
    path.write_text(re.sub("labels: .*", "labels: [no, 01]", path.read_text()))
    settings = compose_settings(config_copy, {"model": "gpt2", "concept": "story_sentiment"})
    assert settings.concept["story_sentiment"].labels == ["no", "01"]


@pytest.mark.parametrize(
    "value", ["gpt2,pythia-1.4b", "[gpt2, pythia-1.4b]", ["gpt2", "pythia-1.4b"]]
)
def test_several_models_keep_their_order(value: Any, project: Path) -> None:
    settings = compose_settings(project / "config", {"model": value})
    assert settings.models == list(settings.model) == ["gpt2", "pythia-1.4b"]
    assert settings.model["pythia-1.4b"].dtype == "bfloat16"
    assert settings.model["gpt2"].dtype == "float32"


def test_model_path_names_the_folder_of_the_one_model(project: Path) -> None:
    settings = compose_settings(project / "config", {"model": "local", "model_path": "/data/llama"})
    assert settings.model["local"].path == "/data/llama"
    assert settings.model["local"].hub is None


@pytest.mark.parametrize("path", ["/with space/x", "/it's", "/a,b=[c]", "/back\\slash", "/end\\"])
def test_model_path_may_hold_any_character(path: str, project: Path) -> None:
    settings = compose_settings(project / "config", {"model": "local", "model_path": path})
    assert settings.model["local"].path == path


def test_set_changes_any_key(project: Path) -> None:
    changed = "probe.C=[0.1,1] steering.strengths=[-2,0,2] model.pythia-1.4b.dtype=float16 seed=3"
    settings = compose_settings(project / "config", {"model": "pythia-1.4b", "set": changed})
    assert settings.probe.C == [0.1, 1.0]
    assert settings.steering.strengths == [-2.0, 0.0, 2.0]
    assert settings.model["pythia-1.4b"].dtype == "float16"
    assert settings.seed == 3


def test_set_may_choose_files_too(project: Path) -> None:
    chosen = "experiment=tinystories model=gpt2 concept=[story_sentiment,story_hero]"
    settings = compose_settings(project / "config", {"set": chosen})
    assert settings.experiment == "tinystories"
    assert settings.models == ["gpt2"]
    assert settings.concepts == ["story_sentiment", "story_hero"]


def test_plain_keys_and_mappings_reach_the_schema(project: Path) -> None:
    """Snakemake parses values as YAML, so they come with their types."""
    command_line = {"seed": 7, "probe": {"C": [1], "folds": 3}, "model_path": None}
    settings = compose_settings(project / "config", command_line)
    assert settings.seed == 7
    assert settings.probe.C == [1.0]
    assert settings.probe.folds == 3
    assert settings.model_path is None


def test_a_second_run_in_one_process_composes_the_same(project: Path) -> None:
    first = compose_settings(project / "config", {"model": "gpt2"})
    compose_settings(project / "config", {"experiment": "tinystories"})
    assert compose_settings(project / "config", {"model": "gpt2"}) == first


def test_the_experiment_is_the_one_that_config_yaml_chooses(config_copy: Path) -> None:
    main = config_copy / "config.yaml"
    main.write_text(main.read_text().replace("experiment: quickstart", "experiment: tinystories"))
    settings = compose_settings(config_copy, {})
    assert settings.experiment == "tinystories"
    assert settings.models == ["tinystories"]


def test_without_an_experiment_the_name_says_so(config_copy: Path) -> None:
    main = config_copy / "config.yaml"
    main.write_text(main.read_text().replace("experiment: quickstart", "experiment: null"))
    settings = compose_settings(config_copy, {"model": "gpt2", "concept": "story_sentiment"})
    assert settings.experiment == "default"


def test_an_experiment_wins_over_a_models_file_and_the_command_line_over_both(
    config_copy: Path,
) -> None:
    (config_copy / "experiment" / "mine.yaml").write_text(
        "# @package _global_\n"
        "models: [pythia-1.4b]\nconcepts: [story_sentiment]\n"
        "model: {pythia-1.4b: {dtype: float16, device: cpu}, gpt2: {dtype: float16}}\n"
    )
    settings = compose_settings(
        config_copy, {"experiment": "mine", "set": "model.pythia-1.4b.device=cuda"}
    )
    model = settings.model["pythia-1.4b"]
    assert (model.dtype, model.device, model.hub) == ("float16", "cuda", "EleutherAI/pythia-1.4b")
    assert list(settings.model) == ["pythia-1.4b"]


def test_paths_become_absolute_only_in_another_working_directory(
    config_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = config_copy.parent
    monkeypatch.chdir(project)
    inside = compose_settings(config_copy, {})
    monkeypatch.chdir(tmp_path)
    outside = compose_settings(config_copy, {})
    assert inside.model["demo"].path == "src/probesteer/models/demo/weights"
    assert outside.model["demo"].path == str(project / "src/probesteer/models/demo/weights")
    for name in inside.concepts:
        for key in ("examples", "prompts", "neutral"):
            path = getattr(inside.concept[name], key)
            assert not Path(path).is_absolute()
            assert getattr(outside.concept[name], key) == str(project / path)


def test_what_a_run_makes_lies_where_it_runs(
    config_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = compose_settings(config_copy, {"experiment": "digits"})
    assert settings.model["digits"].path == "results/made/digits/model"
    assert settings.geometry.shuffled_labels == "results/made/digits/shuffled"
    for concept in settings.concept.values():
        for path in (concept.examples, concept.prompts, concept.neutral):
            assert path.startswith("results/made/digits/concepts/")


def test_an_absolute_path_stays(
    config_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = compose_settings(config_copy, {"model": "local", "model_path": "/data/llama"})
    assert settings.model["local"].path == "/data/llama"
