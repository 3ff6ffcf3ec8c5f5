# scikit-learn's digits as image files, concepts of them, and a classifier that is trained here; only
# where the settings name one of them. They are shared by experiments, as nothing in them depends on
# the settings.
from probesteer.models.digits.concepts import CONCEPTS as DIGITS_CONCEPTS

DIGITS = f"{MADE}/digits"
DIGITS_DATA = expand(
    f"{DIGITS}/concepts/{{name}}/{{kind}}.csv",
    name=DIGITS_CONCEPTS,
    kind=["examples", "prompts", "neutral"],
)
# Trained on the digits, and as a control on labels that were dealt out by lot.
CLASSIFIERS = {"model": "{}", "shuffled": '{"shuffled_labels": true}'}
DIGITS_MODELS = {
    f"{DIGITS}/{name}": expand(
        f"{DIGITS}/{name}/{{file}}",
        file=["config.json", "model.safetensors", "preprocessor_config.json"],
    )
    for name in CLASSIFIERS
}
MADE_MODELS = {**DIGITS_MODELS, **TUNED_MODELS}
ASKED_OF_MADE = {
    path
    for path in [
        *(model.path for model in settings.model.values()),
        *sum(map(files_of, settings.concept.values()), []),
        *map(shuffled_folder, settings.models),
    ]
    if path is not None and is_made(path)
}


for unknown in sorted(ASKED_OF_MADE - {*MADE_MODELS, *DIGITS_DATA}):
    sys.exit(
        f"config: no rule makes {unknown}; correct the path, or keep the file elsewhere"
    )


if ASKED_OF_MADE - {*TUNED_MODELS}:

    rule write_digits:
        output:
            images=directory(f"{DIGITS}/images"),
            concepts=DIGITS_DATA,
            index=f"{DIGITS}/index.csv",
        log:
            f"{DIGITS}/logs/write_digits.log",
        conda:
            ENVIRONMENT
        params:
            code=code_of("write_digits"),
            resources=f"{DIGITS}/resources/write_digits.json",
        shell:
            "python3 -m probesteer write_digits --settings '{{}}' --code {params.code}"
            " --images {output.images:q} --concepts {output.concepts:q}"
            " --index {output.index:q} --log {log:q} --resources {params.resources:q}"


for folder in sorted(ASKED_OF_MADE & {*DIGITS_MODELS}):
    trained = Path(folder).name

    rule:
        name:
            f"train_digits_{trained}"
        input:
            index=f"{DIGITS}/index.csv",
            images=f"{DIGITS}/images",
        output:
            DIGITS_MODELS[folder],
        log:
            f"{DIGITS}/logs/train_digits_{trained}.log",
        conda:
            ENVIRONMENT
        params:
            settings=CLASSIFIERS[trained],
            code=code_of("train_digits"),
            # Not beside the model, whose files are told apart by what they hold.
            resources=f"{DIGITS}/resources/train_digits_{trained}.json",
        shell:
            "python3 -m probesteer train_digits --settings {params.settings:q} --code {params.code}"
            " --images {input.images:q} --index {input.index:q} --files {output:q}"
            " --log {log:q} --resources {params.resources:q}"
