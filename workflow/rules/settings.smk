# The settings of this run, the paths of its files and what a wildcard may be.
import os
import re
import sys
from pathlib import Path

from probesteer.errors import ProbesteerError
from probesteer.files.atomic import write_text
from probesteer.files.digests import json_digest
from probesteer.settings.compose import compose_settings
from probesteer.settings.schema import Settings
from probesteer.settings.slices.by_stage import from_json, to_json
from snakemake.utils import min_version

min_version("9.11")


# What rules make of what comes with the packages: models and the data of concepts.
MADE = "results/made"


def is_made(path):
    """Whether a path of the settings is one that a rule makes, so that it needn't be there yet."""
    return Path(path).is_relative_to(MADE)


def require_files(settings):
    """Raise ProbesteerError for a data file of a concept that isn't there."""
    for name, concept in settings.concept.items():
        for kind in ("examples", "prompts", "neutral"):
            file = getattr(concept, kind)
            fetched = kind == "examples" and concept.dataset.name
            if not fetched and not is_made(file) and not Path(file).is_file():
                raise ProbesteerError(
                    f"config: concept.{name}.{kind}: there is no file {file}; "
                    f"correct it in config/concept/{name}.yaml"
                )


# Names the file with the settings of a run to the jobs that it sends to other machines.
SENT = "PROBESTEER_SETTINGS"


def settings_of_run():
    """Composed once a run: what is edited in config/ meanwhile changes no job that waits."""
    if not workflow.is_main_process and SENT in os.environ:
        return from_json(Settings, Path(os.environ[SENT]).read_text("utf-8"))
    composed = compose_settings(PROJECT / "config", config)
    if workflow.is_main_process:
        sent = Path(f".snakemake/settings/{json_digest(to_json(composed))}.json")
        write_text(sent, to_json(composed))
        os.environ[SENT] = str(sent.resolve())
    return composed


PROJECT = Path(workflow.basedir)
# Jobs call the Python that runs Snakemake, also where its environment isn't activated.
os.environ.update(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.getenv('PATH')}")

try:
    settings = settings_of_run()
    require_files(settings)
except ProbesteerError as fault:
    sys.exit(str(fault))

RESULTS = f"results/{settings.experiment}"
CONCEPT = f"{RESULTS}/concepts/{{concept}}"
TABLES = f"{RESULTS}/tables/{{model}}/{{concept}}"
LOGS = f"{RESULTS}/logs/{{model}}/{{concept}}"
COSINES = f"{RESULTS}/tables/{{model}}/cosines.parquet"
DRAWINGS = f"{RESULTS}/figures/{{model}}"
# Models and activations are shared by experiments that ask for the same: the key says what.
MODEL = "results/models/{model}-{model_key}"
RECORD = f"{MODEL}/record.json"
CACHE = "results/activations/{model}-{model_key}/{concept}-{key}"
MANIFEST = f"{CACHE}/manifest.json"
DATASET = "results/datasets/{concept}-{dataset_key}.parquet"
ENVIRONMENT = "../../environment.yml"


wildcard_constraints:
    model="|".join(map(re.escape, settings.model)),
    concept="|".join(map(re.escape, settings.concepts)),
    model_key="[0-9a-f]{8}",
    key="[0-9a-f]{8}",
    dataset_key="[0-9a-f]{8}",
    shard="[0-9]+",
