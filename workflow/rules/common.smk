# Where inputs lie and what a stage is told, as functions of the wildcards.
from dataclasses import replace
from functools import cache
from pathlib import Path

from probesteer.activations.cache import discard_incomplete
from probesteer.files.code import code_digest
from probesteer.files.digests import json_digest
from probesteer.settings.slices.by_stage import stage_slice, to_json
from snakemake.io import is_flagged, strip_wildcard_constraints


def slice_of(stage):
    """A function of the wildcards: the stage's settings slice as JSON."""

    def of_wildcards(wildcards):
        model, concept = wildcards.get("model", ""), wildcards.get("concept", "")
        return to_json(stage_slice(stage, settings, model, concept))

    return of_wildcards


def slice_of_shard(wildcards):
    """The slice of a job that reads a part of the examples."""
    model, concept = wildcards.model, wildcards.concept
    shard = int(wildcards.shard)
    return to_json(stage_slice("activations", settings, model, concept, shard))


def windowed_concepts():
    """The concepts whose probes are fitted at every token of a window."""
    return [name for name in settings.concepts if settings.concept[name].window > 0]


def window_slice(model, concept, shard=None):
    """The slice of a job that reads a concept's window; untrained, it is not looked at."""
    whole = stage_slice("activations", settings, model, concept, shard)
    asked = settings.concept[concept]
    # A position that is no token by itself: the window ends with the text.
    end = "last" if asked.position in ("mean", "all") else asked.position
    return replace(
        whole,
        position=f"window:{asked.window}:{end}",
        activations=replace(whole.activations, untrained=False),
    )


def slice_of_window(wildcards):
    """The same as JSON, of all examples or of the part of one shard."""
    shard = wildcards.get("shard")
    part = None if shard is None else int(shard)
    return to_json(window_slice(wildcards.model, wildcards.concept, part))


@cache
def digest_of(stage):
    """Digest of the code behind a stage."""
    return code_digest(f"probesteer.stages.{stage}")


def code_of(stage):
    """A function of the wildcards: the digest of a stage's code, so that a change in it makes the
    stage run again. Only those of stages that have jobs are taken."""
    return lambda wildcards: digest_of(stage)


def resources_of(stage, of="{model}/{concept}"):
    """Where a stage leaves its time and memory; `of`: the wildcards that it has."""
    return f"{RESULTS}/resources/{of}/{stage}.json"


@cache
def model_key(model):
    """Eight digits that tell apart two sources of weights under one name."""
    return json_digest(slice_of("fetch")({"model": model}))[:8]


def local_model_files(wildcards):
    """The files of a model in a folder, so that other weights are noticed; none for the hub."""
    folder = settings.model[wildcards.model].path
    if folder in MADE_MODELS:
        return MADE_MODELS[folder]
    if folder is None or not Path(folder).is_dir():
        return []  # the stage says what is wrong with the folder
    return sorted(
        str(file)
        for pattern in (
            "*.json",
            "*.safetensors",
            "*.model",
            "*.txt",
            "*.jinja",
            "*.bin",
        )
        for file in Path(folder).glob(pattern)
    )


def local_dataset_files(wildcards):
    """The files of a data set on this disk, so that changes are noticed; none for the hub."""
    name = Path(settings.concept[wildcards.concept].dataset.name or "")
    if name.is_file():
        return [str(name)]
    inside = sorted(name.rglob("*")) if name.name and name.is_dir() else []
    return [str(file) for file in inside if file.is_file()]


@cache
def cache_key(model, concept):
    """Eight digits that tell apart two requests for the activations of a (model, concept)."""
    asked = slice_of("activations")({"model": model, "concept": concept})
    return json_digest([asked, examples_of(concept)])[:8]


@cache
def window_key(model, concept):
    """The same of the activations of a concept's window."""
    asked = to_json(window_slice(model, concept))
    return json_digest([asked, examples_of(concept)])[:8]


def path_of(pattern):
    """A function of the wildcards model and concept: `pattern` with its keys filled in."""

    def of_wildcards(wildcards):
        model, concept = wildcards.model, wildcards.concept
        return pattern.format(
            model=model,
            concept=concept,
            model_key=model_key(model),
            key=cache_key(model, concept),
            window_key=window_key(model, concept),
        )

    return of_wildcards


class Pair:
    """A model and a concept, in the form of wildcards."""

    def __init__(self, model, concept):
        self.model, self.concept = model, concept


def pairs(pattern, concepts=settings.concepts, models=settings.models):
    """The paths of every pair of a model and a concept, models first."""
    return [
        path_of(pattern)(Pair(model, concept))
        for model in models
        for concept in concepts
    ]


def concepts_of(job):
    """The concepts for which the rule of this name has jobs."""
    of_windows = ("extract_window", "gather_window", "fit_position_probes")
    if job in ("look_at_polytopes", "fit_components"):
        return WITH_CLASSES
    return windowed_concepts() if job in of_windows else settings.concepts


def record_of_model(wildcards):
    """The record of a model, for jobs of all its concepts."""
    return RECORD.format(model=wildcards.model, model_key=model_key(wildcards.model))


def discard_incomplete_caches(manifest, part, concepts=settings.concepts):
    """Remove the manifests, and those of their shards, that name files which are gone.

    Without its manifest a cache is filled up again. Done while the rules are read, as the files
    that a job needs are fixed then.
    """
    if not workflow.is_main_process:
        return
    shards = settings.activations.shards
    parts = expand(part, shard=range(shards), allow_missing=True) if shards > 1 else []
    for path in sum(
        (pairs(each, concepts, settings.model) for each in [manifest, *parts]), []
    ):
        try:
            discarded = discard_incomplete(Path(path))
        except ProbesteerError as fault:
            sys.exit(f"error: {fault}")
        for missing in discarded:
            print(f"{missing} is missing and will be made again", file=sys.stderr)


def every_file():
    """All that the rules make. A target asks for it, as Snakemake doesn't miss a file between."""
    outputs = [
        (output, concepts_of(rule.name))
        for rule in workflow.rules
        for output in rule.output
        if not is_flagged(output, "temp")
        and rule.name not in ("fetch_dataset", "compare_checkpoints")
    ]
    return sorted(
        {
            path
            for output, concepts in outputs
            for path in pairs(strip_wildcard_constraints(output), concepts)
        }
        | {*COMPARED}
        | {DRIFT.format(model=first, other=other) for first, other in COMPARED_PAIRS}
    )


def tables_of_pairs(name):
    """A table of every pair of a model and a concept."""
    return pairs(f"{TABLES}/{name}.parquet")


def every_manifest():
    """The activations of every pair, and those of the windows."""
    return pairs(MANIFEST) + pairs(WINDOW_MANIFEST, windowed_concepts())


def tables_of_windows():
    """The positions of every pair whose concept has a window."""
    return pairs(f"{TABLES}/positions.parquet", windowed_concepts())


def tables_of_concepts(name):
    """The pattern of a table for every concept of a model, in the order of the settings."""
    return expand(
        f"{TABLES}/{name}.parquet", concept=settings.concepts, allow_missing=True
    )


def sorted_concepts():
    """The order of files that go with a mapping of concepts, whose JSON has sorted keys."""
    return sorted(settings.concepts)


def manifests_of_concepts(wildcards):
    """The manifests of all concepts of a model, in the order of their names."""
    return [
        path_of(MANIFEST)(Pair(wildcards.model, name)) for name in sorted_concepts()
    ]


def figure_files(*kinds):
    """Every figure of every model, in the kinds svg, png or both."""
    return expand(
        f"{DRAWINGS}/{{figure}}.{{kind}}",
        model=settings.models,
        figure=sum(FIGURES.values(), []),
        kind=kinds,
    )


def dataset_file(concept):
    """Where the examples of a concept that names a data set are kept."""
    key = json_digest(slice_of("dataset")({"concept": concept}))[:8]
    return DATASET.format(concept=concept, dataset_key=key)


def examples_of(concept):
    """The file of a concept's examples: its own, or the one that is fetched."""
    chosen = settings.concept[concept]
    return dataset_file(concept) if chosen.dataset.name else chosen.examples


def concept_file(kind):
    """A function of the wildcards: a data file that the concept's YAML names."""

    def of_wildcards(wildcards):
        if kind == "examples":
            return examples_of(wildcards.concept)
        return getattr(settings.concept[wildcards.concept], kind)

    return of_wildcards


def all_cores(wildcards):
    """Asked when a job starts: --report, --dag and the like know no cores."""
    return workflow.cores


def cores_per_model(wildcards):
    """The cores divided among the models."""
    return max(1, workflow.cores // len(settings.models))


def threads_of_model(wildcards):
    """The cores divided among the pairs, so that one pair alone gets all of them."""
    return max(1, workflow.cores // (len(settings.models) * len(settings.concepts)))


def threads_of_shard(wildcards):
    """The same for the jobs that share a pair."""
    return max(1, threads_of_model(wildcards) // settings.activations.shards)
