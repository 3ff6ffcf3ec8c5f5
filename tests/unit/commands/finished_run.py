"""A finished experiment of two concepts, written by the functions that stages use."""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from probesteer.activations.cache import (
    Request,
    write_manifest,
    write_tokens,
)
from probesteer.files.atomic import write_text
from probesteer.files.code import code_digest
from probesteer.files.digests import file_digest
from probesteer.files.records import write_job_record
from probesteer.files.tables import write_table
from probesteer.models.record import ModelRecord, write_record
from probesteer.places import Place
from probesteer.settings.schema import ConceptSettings, ModelSettings, Settings
from probesteer.settings.slices.by_stage import stage_slice, to_json
from probesteer.settings.slices.showing import ReportSlice
from tests.cached_layers import write_layer

CONCEPTS = ("mood", "tense")
SETTINGS = Settings(
    experiment="small",
    models=["tiny"],
    concepts=list(CONCEPTS),
    model={"tiny": ModelSettings(path="weights")},
    concept={name: ConceptSettings(description=name) for name in CONCEPTS},
)
RESULTS = Path("results/small")
PROBES = {name: RESULTS / f"tables/tiny/{name}/probes.parquet" for name in CONCEPTS}
CACHE = {name: Path(f"results/activations/tiny-1/{name}-1") for name in CONCEPTS}
MODEL = Path("results/models/tiny-1/record.json")
PLACE = Place("resid_post", 0)


def job(stage: str, settings: str, read: list[Path], written: list[Path]) -> None:
    """Leave the record of a job that read and wrote files which are there."""
    provenance = {
        "stage": stage,
        "settings": json.loads(settings),
        "code": code_digest(f"probesteer.stages.{stage}"),
        "versions": {"python": "3"},
        "inputs": {"read": [file_digest(path) for path in read]},
    }
    write_job_record(provenance, {"read": tuple(read)}, written)


def slice_of(stage: str, concept: str = "", settings: Settings = SETTINGS) -> str:
    return to_json(stage_slice(stage, settings, "tiny", concept))


def fit(concept: str, settings: Settings = SETTINGS, value: float = 0.5) -> None:
    """The job of the stage probes."""
    table = pd.DataFrame({"concept": concept, "layer": range(50), "value": value})
    write_table(PROBES[concept], table, {"concept": concept})
    read = [CACHE[concept] / "manifest.json", RESULTS / f"concepts/{concept}/examples.parquet"]
    job("probes", slice_of("probes", concept, settings), read, [PROBES[concept]])


def write_finished_run() -> None:
    """A finished experiment in the working directory."""
    write_text(Path("weights/config.json"), "{}")
    files = {"config.json": file_digest(Path("weights/config.json"))}
    write_record(MODEL, ModelRecord("tiny", "weights", "weights", "", "X", "causal", files))
    job("fetch", slice_of("fetch"), [], [MODEL])
    for number, name in enumerate(CONCEPTS):
        source = Path(f"config/concept/data/{name}.csv")
        write_text(source, f"text,label\n{name},1\n")
        examples = RESULTS / f"concepts/{name}/examples.parquet"
        write_table(examples, pd.DataFrame({"text": [name], "label": [1]}), {})
        job("examples", slice_of("examples", name), [source], [examples])
        fill(CACHE[name], number)
        read = [MODEL, examples]
        job("activations", slice_of("activations", name), read, [CACHE[name] / "manifest.json"])
        fit(name)
    page = RESULTS / "report.html"
    write_text(page, "<p>findings</p>")
    job("report", to_json(ReportSlice(SETTINGS)), list(PROBES.values()), [page])
    write_text(RESULTS / "logs/report.log", "info: written\n")


def fill(folder: Path, number: int) -> None:
    """A cache of one place."""
    request = Request("m", "float32", "t", "", "last", "float32", f"texts {number}")
    values = np.full((4, 3), number, dtype=np.float32)
    write_layer(folder, PLACE, values, request)
    columns = {name: np.arange(4) + number for name in ("example", "token", "ids", "lengths")}
    write_tokens(folder, columns)
    write_manifest(folder, request, [PLACE], {"causal": True})


def flip(path: Path, place: int, mask: int = 1) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= mask
    path.write_bytes(data)
