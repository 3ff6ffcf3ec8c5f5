# The settings of this run, the paths of its files, and what every rule hands to its stage.
import re
import shlex
import sys
import time
from pathlib import Path

from probesteer.activations.cache import discard_incomplete
from probesteer.errors import ProbesteerError
from probesteer.files.code import code_digest
from probesteer.files.digests import json_digest
from probesteer.settings.compose import compose_settings
from probesteer.settings.slices import stage_slice, to_json

STARTED = time.time()
PROJECT = Path(workflow.basedir)

try:
    settings = compose_settings(PROJECT / "config", config)
except ProbesteerError as fault:
    sys.exit(str(fault))

RESULTS = f"results/{settings.experiment}"
CONCEPT = f"{RESULTS}/concepts/{{concept}}"
TABLES = f"{RESULTS}/tables/{{model}}/{{concept}}"
LOGS = f"{RESULTS}/logs/{{model}}/{{concept}}"
COSINES = f"{RESULTS}/tables/{{model}}/cosines.parquet"
# Models and activations are shared by experiments that ask for the same: the key says what.
MODEL = "results/models/{model}-{model_key}"
CACHE = "results/activations/{model}-{model_key}/{concept}-{key}"
STAGE = f"{shlex.quote(sys.executable)} -m probesteer"
ENVIRONMENT = "../../environment.yml"


wildcard_constraints:
    model="|".join(map(re.escape, settings.models)),
    concept="|".join(map(re.escape, settings.concepts)),
    model_key="[0-9a-f]{8}",
    key="[0-9a-f]{8}",


def slice_of(stage):
    """A function of the wildcards: the stage's settings slice as JSON."""

    def of_wildcards(wildcards):
        model, concept = wildcards.get("model", ""), wildcards.get("concept", "")
        return to_json(stage_slice(stage, settings, model, concept))

    return of_wildcards


def code_of(stage):
    """Digest of the code behind a stage: a change in it makes the stage run again."""
    return code_digest(f"probesteer.stages.{stage}")


def resources_of(stage):
    """Where a stage leaves its time and memory."""
    return f"{RESULTS}/resources/{{model}}/{{concept}}/{stage}.json"


def model_key(model):
    """Eight digits that tell apart two sources of weights under one name."""
    return json_digest(slice_of("fetch")({"model": model}))[:8]


def local_model_files(wildcards):
    """The files of a model in a folder, so that other weights are noticed; none for the hub."""
    folder = settings.model[wildcards.model].path
    if folder is None or not Path(folder).is_dir():
        return []  # the stage says what is wrong with the folder
    return sorted(
        str(file)
        for pattern in ("*.json", "*.safetensors", "*.model")
        for file in Path(folder).glob(pattern)
    )


def model_record(wildcards):
    return expand(
        f"{MODEL}/record.json",
        model=wildcards.model,
        model_key=model_key(wildcards.model),
    )


def activation_manifest(wildcards):
    """The manifest of the activations that a (model, concept) asks for."""
    asked = {"model": wildcards.model, "concept": wildcards.concept}
    texts = concept_file("examples")(wildcards)
    key = json_digest([slice_of("activations")(asked), texts])[:8]
    folder = CACHE.format(model_key=model_key(wildcards.model), key=key, **asked)
    return f"{folder}/manifest.json"


def table_of(name):
    """A function of the wildcards: the path of a table of a (model, concept)."""

    def of_wildcards(wildcards):
        return f"{TABLES}/{name}.parquet".format(
            model=wildcards.model, concept=wildcards.concept
        )

    return of_wildcards


class Pair:
    """A model and a concept, in the form of wildcards."""

    def __init__(self, model, concept):
        self.model, self.concept = model, concept


def pairs(path, models=None):
    """`path` of every pair of a model and a concept, models first."""
    return [
        path(Pair(model, concept))
        for model in models or settings.models
        for concept in settings.concepts
    ]


def concept_file(kind):
    """A function of the wildcards: a data file that the concept's YAML names."""

    def of_wildcards(wildcards):
        return getattr(settings.concept[wildcards.concept], kind)

    return of_wildcards


def threads_of_model(wildcards):
    """The cores divided among the pairs, so that one pair alone gets all of them."""
    return max(
        1, (workflow.cores or 1) // (len(settings.models) * len(settings.concepts))
    )


def tell_failures():
    """The last words of every stage that failed in this run."""
    for log_file in sorted(Path("results").rglob("*.log")):
        if log_file.stat().st_mtime >= STARTED:
            for line in log_file.read_text(errors="replace").splitlines():
                if line.startswith("error: "):
                    print(
                        f"{line.removeprefix('error: ')} [{log_file}]", file=sys.stderr
                    )


# A layer's file that was deleted by hand: without its manifest the cache is filled up again.
if workflow.is_main_process and not workflow.dryrun:
    for manifest in pairs(activation_manifest):
        for missing in discard_incomplete(Path(manifest)):
            print(f"{missing} is missing and will be made again", file=sys.stderr)
