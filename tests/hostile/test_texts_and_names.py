"""Payloads in texts, settings, names, links and manifests: nothing runs or leaves results/."""

import json
import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from probesteer.activations.cache import MANIFEST, discard_incomplete, named_files
from probesteer.concepts.reading import read_examples
from probesteer.concepts.targets import LabelKind
from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.files.tables import read_table, write_table
from probesteer.settings.compose import compose_settings
from probesteer.stages.command_line import main

PROJECT = Path(__file__).parents[2]
FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", '=HYPERLINK("http://x/","y")', "-2+3")


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Stages log into files of their own; the next test should not write there."""
    yield
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.FileHandler):
            handler.close()
    logging.basicConfig(force=True)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    copied = tmp_path / "project" / "config"
    return Path(shutil.copytree(PROJECT / "config", copied, ignore=shutil.ignore_patterns("data")))


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path [{path}]]",
        "!!python/object/apply:os.system ['touch {path}']",
        "!!python/name:os.system ''",
        "!!python/object/new:pathlib.Path [{path}]",
    ],
)
@pytest.mark.parametrize("file", ["config.yaml", "model/gpt2.yaml", "concept/tense.yaml"])
def test_yaml_tags_make_no_objects(config: Path, tmp_path: Path, file: str, tag: str) -> None:
    sprung = tmp_path / "sprung"
    with (config / file).open("a") as written:
        written.write("\nextra: " + tag.format(path=sprung) + "\n")
    with pytest.raises(ProbesteerError) as caught:
        compose_settings(config, {"model": "gpt2", "concept": "tense"})
    said = str(caught.value)
    assert said.splitlines() == [said]
    assert "could not determine a constructor" in said
    assert not sprung.exists()


def test_formulas_stay_texts(tmp_path: Path) -> None:
    """No CSV is written that a spreadsheet would open: results are parquet."""
    path, table = tmp_path / "formulas.csv", tmp_path / "examples.parquet"
    rows = pd.DataFrame({"text": FORMULAS, "label": [0, 1, 0, 1, 0]})
    rows.to_csv(path, index=False)
    frame = read_examples(path, kind=LabelKind())
    write_table(table, frame, {})
    assert read_table(table)["text"].tolist() == list(FORMULAS)
    writers = {
        str(source.relative_to(PROJECT / "src" / "probesteer"))
        for source in (PROJECT / "src" / "probesteer").rglob("*.py")
        if re.search(r"to_csv\(|csv\.writer\(|DictWriter\(", source.read_text())
    }
    # Those of data that come with the packages: sentences of a grammar, names of images.
    assert writers == {
        "models/demo/concepts.py",
        "models/digits/concepts.py",
        "stages/write_digits.py",
    }


@pytest.mark.parametrize(
    "name", ["../../outside", "..", "a/b", "/tmp/x", "a\n", ".hidden", "~", ""]
)
@pytest.mark.parametrize("key", ["model", "concept", "experiment"])
def test_names_that_are_paths_are_refused(config: Path, key: str, name: str) -> None:
    outside = config.parent.parent / "outside.yaml"
    outside.write_text("description: planted\n")
    with pytest.raises(ProbesteerError, match=r"^config: ") as caught:
        compose_settings(config, {key: [name]})
    assert len(str(caught.value).splitlines()) == 1


def test_a_link_in_the_results_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    results = tmp_path / "results"
    results.mkdir()
    for name in ("probes.parquet", "record.json"):
        (results / name).symlink_to(outside)
    write_table(results / "probes.parquet", pd.DataFrame({"a": [1]}), {})
    write_text(results / "record.json", "{}")
    assert outside.read_text() == "mine"
    assert not any(path.is_symlink() for path in results.iterdir())


def test_a_stage_writes_through_no_link(tmp_path: Path) -> None:
    """Its log, its record of time and memory, its provenance and its table."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    read, results = tmp_path / "probes.parquet", tmp_path / "results"
    write_table(read, pd.DataFrame({"split": ["test"], "metric": ["x"]}), {})
    places = [results / name for name in ("a.log", "a.json", "a.parquet")]
    places.append(results / "provenance" / "a.parquet.json")
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(outside)
    command = ["significance", "--settings", '{"model": "tiny"}', "--log", str(places[0])]
    main(
        [*command, "--resources", str(places[1]), "--probes", str(read), "--table", str(places[2])]
    )
    assert outside.read_text() == "mine"
    assert not places[0].is_symlink()


@pytest.mark.parametrize("name", ["../../precious", "/precious", "..", "a/b", ""])
def test_a_manifest_names_only_files_beside_it(tmp_path: Path, name: str) -> None:
    """What it names is removed with the cache."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    manifest = tmp_path / "results" / "cache" / MANIFEST
    named = name.replace("/precious", str(precious)) if name == "/precious" else name
    write_text(manifest, json.dumps({"places": [{"file": named}], "untrained": {"manifest": None}}))
    with pytest.raises(ValueError, match="not in the folder"):
        named_files(manifest)
    assert discard_incomplete(manifest) == [manifest]
    assert precious.read_text() == "mine"


def test_the_cache_inside_a_cache_has_one_place(tmp_path: Path) -> None:
    manifest = tmp_path / "cache" / MANIFEST
    content = {"places": [], "untrained": {"manifest": "../other/manifest.json"}}
    write_text(manifest, json.dumps(content))
    with pytest.raises(ValueError, match="not inside the cache"):
        named_files(manifest)
