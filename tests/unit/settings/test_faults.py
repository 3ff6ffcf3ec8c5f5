"""Every mistake in the settings is one line that names the key or the file."""

import os
import re
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.settings.conftest import Refusal


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("probe.foo=1", "probe.foo: unknown key; use one of C, folds,"),
        ("+probe.foo=1", "probe.foo: unknown key"),
        ("foo=1", "foo: unknown key; use one of experiment, seed,"),
        ("+foo=1", "foo: unknown key"),
        ("model.demo.foo=1", "model.demo.foo: unknown key; use one of path, hub,"),
        ("model.gpt2.dtype=float16", "'model.gpt2.dtype=float16' is of no chosen model"),
        ("probe.folds=many", "probe.folds: Value 'many' of type 'str' could not be converted"),
        ("model.demo.trust_remote_code=maybe", "model.demo.trust_remote_code: Value 'maybe'"),
        ("seed=null", "seed: "),
        ("probe=other", "there is no config/probe/other.yaml; known: default"),
        ("experiment=other", "there is no config/experiment/other.yaml; known: "),
        ("experiment=a,b", "experiment='a,b': choose exactly one"),
        ("model=other", "there is no config/model/other.yaml; known: bert-base-uncased, demo,"),
        ("concept=../model/gpt2", "concept='../model/gpt2' is not a name"),
        ("probe.C=[0.1", "'probe.C=[0.1' is not understood; write KEY=VALUE"),
        ("probe", "'probe' is not understood"),
        ("seed=1,2", "Ambiguous value for argument 'seed=1,2'"),
        ("seed=${nothing}", "seed: Interpolation key 'nothing' not found"),
        ("model=gpt2,gpt2", "models: ['gpt2', 'gpt2'] names one twice; name each once"),
        ("models=[]", "models: empty; choose one with model=NAME"),
        ("concepts=[]", "concepts: empty; choose one with concept=NAME"),
        ("seed=-1", "seed: -1; use 0 or more"),
        ("model=local", "model.local.path: neither a folder nor `hub` is given; add model_path"),
        ("model=gpt2,demo model_path=x", "model_path names one folder, but 2 models are chosen"),
        (
            "concept.story_sentiment.labels=[a]",
            "concept.story_sentiment.labels: ['a']; name label 0 and",
        ),
    ],
)
def test_one_line_names_the_key(assignment: str, expected: str, refusal: Refusal) -> None:
    # All in one run's words: a mistake beside a right key is found as well.
    message = refusal(concept="story_sentiment", set=f"{assignment} plot.dpi=100")
    assert message.startswith(f"config: {expected}")


@pytest.mark.parametrize(
    ("command_line", "expected"),
    [
        ({"seed": None}, "seed: field 'seed' is not Optional"),
        ({"seed": True}, "seed: Value 'True' of type 'bool' could not be converted"),
        ({"seed": "x y"}, "seed: Value 'x y' of type 'str' could not be converted"),
        ({"seed": [1]}, "seed: "),
        ({"seed": {"a": 1}}, "seed: Value"),
        ({"probe": 3}, "there is no config/probe/3.yaml"),
        ({"probe": {"C": {"a": 1}}}, "invalid literal"),
        ({"probe": None, "set": "probe=[1]"}, "there is no config/probe/[1].yaml"),
        ({"set": "'seed=1"}, 'set="\'seed=1": No closing quotation; close the quotes'),
        ({"model": None}, "there is no config/model/None.yaml"),
        ({"model": ""}, "model='' is not a name"),
        ({"model": {"a": 1}}, "model=\"{'a': 1}\" is not a name"),
        ({"concept": ["story_sentiment", 3]}, "there is no config/concept/3.yaml"),
        ({"experiment": ["a", "b"]}, "experiment=['a', 'b']: choose exactly one"),
        ({"set": None}, "'None' is not understood"),
        ({"set": {"seed": 1}}, "'{seed:' is not understood"),
        ({"two words": 1}, "'two words=1' is not understood"),
        ({"": 1}, "'=1' is not understood"),
    ],
)
def test_odd_values_of_the_command_line_are_one_line(
    command_line: dict[str, Any], expected: str, refusal: Refusal
) -> None:
    assert refusal(**command_line).startswith(f"config: {expected}")


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("probe/default.yaml", b"C: [1\n", "config/probe/default.yaml: line 2: expected"),
        ("model/gpt2.yaml", b"hub: a\n b: 1\n", "config/model/gpt2.yaml: line 2: mapping values"),
        ("concept/story_sentiment.yaml", b"a: \xff\n", "config/concept/story_sentiment.yaml: "),
        ("config.yaml", b"seed: 'x\n", "config/config.yaml: line "),
        ("experiment/quickstart.yaml", b"models: [\n", "config/experiment/quickstart.yaml: line 2"),
        ("model/gpt2.yaml", b"\x07", "config/model/gpt2.yaml: "),
        ("model/gpt2.yaml", b"only words\n", "model.gpt2.only words: unknown key"),
        ("model/gpt2.yaml", b"hub: x\ntype: y\n", "model.gpt2.type: unknown key; use one of path"),
        ("probe/default.yaml", b"c: [1]\n", "probe.c: unknown key; use one of C"),
        ("probe/default.yaml", b"folds: five\n", "probe.folds: Value 'five'"),
        (
            "concept/story_sentiment.yaml",
            b"description: d\n",
            "concept.story_sentiment.examples: missing; write it",
        ),
    ],
)
def test_a_broken_file_is_named(
    file: str, content: bytes, expected: str, config_copy: Path, refusal: Refusal
) -> None:
    (config_copy / file).write_bytes(content)
    message = refusal(config_copy, model="gpt2", concept="story_sentiment")
    assert message.startswith(f"config: {expected}")


def test_a_file_that_is_a_list_is_named(config_copy: Path, refusal: Refusal) -> None:
    (config_copy / "model" / "gpt2.yaml").write_text("- a\n")
    message = refusal(config_copy, model="gpt2", concept="story_sentiment")
    assert message == "config/model/gpt2.yaml: a list; write keys and values"


@pytest.mark.parametrize("labels", ["a", "{a: b}", "[[a], b]", "null"])
def test_labels_that_are_no_list_of_names_are_one_line(
    labels: str, config_copy: Path, refusal: Refusal
) -> None:
    path = config_copy / "concept" / "story_sentiment.yaml"
    path.write_text(re.sub("labels: .*", f"labels: {labels}", path.read_text()))
    message = refusal(config_copy, model="gpt2", concept="story_sentiment")
    assert message.startswith("config: concept.story_sentiment.labels")


def test_a_folder_that_is_no_config_is_refused(tmp_path: Path, refusal: Refusal) -> None:
    folder = tmp_path / "nowhere"
    assert refusal(folder) == f"{folder}: holds no config.yaml; name the project's config/"


def test_a_fault_that_is_its_own_cause_is_one_line(project: Path) -> None:
    # So OmegaConf makes it under a debugger; following it without end took 23 GB.
    code = """
from pathlib import Path
from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings
try:
    compose_settings(Path("config"), {"set": "+probe.foo=1"})
except ProbesteerError as fault:
    print(fault)
"""
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "OC_CAUSE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (3 * 2**30, 3 * 2**30)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert finished.stdout.startswith("config: probe.foo: unknown key; use one of C, folds,")
    assert finished.stderr == ""
