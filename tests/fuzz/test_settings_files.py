"""Settings made of anything, in files and on the command line: settings, or one clear line."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from probesteer.errors import ProbesteerError
from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import Settings
from probesteer.settings.slices.by_stage import from_json, to_json
from probesteer.settings.slices.showing import ReportSlice

PROJECT = Path(__file__).parents[2]
# Seeded, so that a test that passes passes again; for a longer search: FUZZ_EXAMPLES=2000.
ASKED = os.environ.get("FUZZ_EXAMPLES")
fuzzed = settings(
    max_examples=int(ASKED or 12),
    deadline=None,
    derandomize=ASKED is None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILES = ("config.yaml", "model/gpt2.yaml", "concept/tense.yaml", "probe/default.yaml")
KEYS = (
    "seed",
    "models",
    "labels",
    "columns",
    "hub",
    "C",
    "folds",
    "defaults",
    "chat",
    "a b",
    "${x}",
)
values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=8),
        st.sampled_from(["???", "${a}", "${oc.env:HOME}", "!!python/name:os.system", "\0", "../x"]),
        st.dates(),
        st.binary(max_size=4),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = tmp_path_factory.mktemp("project") / "config"
    shutil.copytree(PROJECT / "config", copied, ignore=shutil.ignore_patterns("data"))
    return copied


def check(config: Path, command_line: dict[str, Any]) -> None:
    """Settings that a job can be given, or one line."""
    try:
        composed = compose_settings(config, command_line)
    except ProbesteerError as fault:
        said = str(fault)
        assert said.strip()
        assert said.splitlines() == [said]
    else:
        assert isinstance(composed, Settings)
        slice_of_all = ReportSlice(composed)
        assert to_json(from_json(ReportSlice, to_json(slice_of_all))) == to_json(slice_of_all)


def check_file(config: Path, file: str, content: bytes) -> None:
    path = config / file
    before = path.read_bytes()
    try:
        path.write_bytes(content)
        check(config, {"model": "gpt2", "concept": "tense"})
    finally:
        path.write_bytes(before)


@fuzzed
@given(
    file=st.sampled_from(FILES),
    content=st.one_of(
        st.binary(max_size=40),
        st.lists(
            st.sampled_from([b"a: ", b"- ", b"\t", b"&x ", b"*x", b"!!binary ", b"\n", b"{", b"["])
        ).map(b"".join),
    ),
)
@example(file="model/gpt2.yaml", content=b"[" * 5_000)
@example(file="model/gpt2.yaml", content=b"a: &a [*a]\n")
@example(file="model/gpt2.yaml", content=b"")
@example(file="concept/tense.yaml", content=b"\xff\xfel\0a\0")
@example(file="concept/tense.yaml", content=b"labels: [a, b]\nlabels: [a, b]\n")
@example(file="probe/default.yaml", content=b"\xef\xbb\xbfC: [1.0]\r\nfolds: 5\r\n")
@example(file="config.yaml", content=b"")
@example(file="probe/default.yaml", content=b"folds: " + b"9" * 5_000)
def test_files_of_any_bytes(config: Path, file: str, content: bytes) -> None:
    check_file(config, file, content)


@fuzzed
@given(
    file=st.sampled_from(FILES), content=st.dictionaries(st.sampled_from(KEYS), values, max_size=4)
)
@example(file="model/gpt2.yaml", content={1: 2})
@example(file="concept/tense.yaml", content={"labels": {"a": 1}})
@example(file="concept/tense.yaml", content={"columns": {"text": None}})
@example(file="concept/tense.yaml", content={"labels": ["${x}", "b"]})
def test_files_of_any_values(config: Path, file: str, content: dict[Any, Any]) -> None:
    written = yaml.safe_dump(content, allow_unicode=True).encode("utf-8", "surrogatepass")
    check_file(config, file, written)


@fuzzed
@given(
    st.dictionaries(
        st.one_of(
            st.sampled_from(
                ["seed", "model", "concept", "experiment", "set", "probe", "model_path"]
            ),
            st.text(max_size=6),
        ),
        values,
        max_size=3,
    )
)
@example({"experiment": "../../x"})
@example({"model": "../x"})
@example({"concept": "a/../../b"})
@example({"set": "experiment=../../x"})
@example({"set": "+experiment=../x"})
@example({"set": "model.gpt2.path=${oc.env:HOME}"})
@example({"set": "seed=" + "9" * 5_000})
@example({"set": "seed=" + "[" * 2_000})
@example({"seed": 10**400})
@example({"model_path": "\0"})
def test_command_lines_of_anything(config: Path, command_line: dict[str, Any]) -> None:
    check(config, command_line)


@pytest.mark.parametrize(
    "assignment",
    [
        "experiment=../../outside",
        "models=[../../outside]",
        "concepts=['a/../../b']",
        "models=[..]",
        "concepts=[.hidden]",
        "experiment=activations",
        "+model={'../x':{path:y}}",
    ],
)
def test_names_never_leave_the_results(config: Path, assignment: str) -> None:
    """They become folders; none holds a separator or is a folder above."""
    try:
        composed = compose_settings(config, {"set": f'"{assignment}"'})
    except ProbesteerError as fault:
        assert str(fault).startswith("config: ")
    else:
        for name in (composed.experiment, *composed.model, *composed.concept):
            assert Path("results") / name == (Path("results") / name).parent / Path(name).name
            assert name not in {"..", "."}
