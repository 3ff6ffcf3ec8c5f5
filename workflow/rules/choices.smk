# The concepts and files that a stage takes where it doesn't take all of them.
from probesteer.settings.slices.drift import drifting_concepts

# Directions between two classes are what the geometry measures with.
WITH_DIRECTIONS = [c for c in settings.concepts if settings.concept[c].kind == "binary"]
# Polytopes are looked at within and between classes, of which there may be several.
WITH_CLASSES = [c for c in settings.concepts if settings.concept[c].kind != "real"]

# Concepts of which directions in two models are compared, and these models.
DRIFTING = drifting_concepts(settings)
COMPARED_PAIRS = [
    pair
    for pair in settings.geometry.drift.checkpoints
    if "drift" in settings.geometry.parts
]


def files_of(concept):
    """The data files that a concept's settings name."""
    return [concept.examples, concept.prompts, concept.neutral]


def shuffled_folder(model):
    """The folder of the model that was trained on shuffled labels, where the settings name one."""
    named = settings.geometry.shuffled_labels
    return None if named is None else named.replace("{model}", model)


def shuffled_files(wildcards):
    """The files of that model; its folder is that of the first."""
    folder = shuffled_folder(wildcards.model)
    if folder is None or folder in MADE_MODELS:
        return MADE_MODELS.get(folder, [])
    return [
        f"{folder}/config.json",
        *sorted(map(str, Path(folder).glob("*.safetensors"))),
    ]


def other_concepts(wildcards):
    """The concepts whose directions are controls of this one."""
    others = settings.directions.other_concepts
    return [name for name in others if name != wildcards.concept]


def manifests_of_others(wildcards):
    """Their activations."""
    others = other_concepts(wildcards)
    return [path_of(MANIFEST)(Pair(wildcards.model, name)) for name in others]


def examples_of_others(wildcards):
    """Their labels."""
    return [
        f"{CONCEPT.format(concept=name)}/examples.parquet"
        for name in other_concepts(wildcards)
    ]


def vector_file(wildcards):
    """The file of a concept's vector, where the settings name one."""
    named = settings.directions.file
    if named is None:
        return []
    of_model = named.replace("{model}", wildcards.model)
    return [of_model.replace("{concept}", wildcards.concept)]


def drift_tables(wildcards):
    """A table of each model that this one is compared with."""
    return [
        DRIFT.format(model=first, other=other)
        for first, other in COMPARED_PAIRS
        if first == wildcards.model
    ]


def drifting_manifests(which):
    """A function of the wildcards: the manifests of the model or of the other one, by concept."""

    def of_wildcards(wildcards):
        model = wildcards[which]
        return [path_of(MANIFEST)(Pair(model, concept)) for concept in DRIFTING]

    return of_wildcards


def record_of_other(wildcards):
    """The record of the model that is compared with the first."""
    return record_of_model(Pair(wildcards.other, None))


def gpus_of_other(wildcards):
    """What the model takes that is compared with the first, and pushed."""
    return gpus_of_model(Pair(wildcards.other, None))


def drift_slice(wildcards):
    """The settings slice of a comparison as JSON."""
    return to_json(stage_slice("drift", settings, wildcards.model, wildcards.other))


def binary_manifests(wildcards):
    """The manifests of the concepts that have directions, in the order of the settings."""
    return [path_of(MANIFEST)(Pair(wildcards.model, name)) for name in WITH_DIRECTIONS]


def slice_with_directions(stage):
    """A function of the wildcards: the slice, of the concepts that have directions alone."""

    def of_wildcards(wildcards):
        whole = stage_slice(stage, settings, wildcards.model)
        return to_json(replace(whole, concepts=WITH_DIRECTIONS))

    return of_wildcards


for missing in sum(
    (vector_file(Pair(m, c)) for m in settings.models for c in settings.concepts), []
):
    if not Path(missing).is_file():
        sys.exit(
            f"config: directions.file: there is no file {missing}; correct directions.file"
        )


for folder in filter(None, map(shuffled_folder, settings.models)):
    if not is_made(folder) and not Path(folder, "config.json").is_file():
        sys.exit(
            f"config: geometry.shuffled_labels: {folder} has no config.json; name a folder that"
            " save_pretrained wrote"
        )
