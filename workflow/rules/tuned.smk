# The embedded model, fine-tuned here on stories that all feel good; only where the settings name its
# folder. It is shared by experiments, as nothing in it depends on the settings.
TUNED = f"{MADE}/demo/tuned"
TUNED_MODELS = {
    TUNED: expand(
        f"{TUNED}/{{file}}",
        file=[
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
        ],
    )
}


if any(model.path == TUNED for model in settings.model.values()):

    rule tune_demo_model:
        input:
            weights=PROJECT / "src/probesteer/models/demo/weights/model.safetensors",
        output:
            TUNED_MODELS[TUNED],
        log:
            f"{MADE}/demo/logs/tune_demo_model.log",
        conda:
            ENVIRONMENT
        params:
            code=code_of("tune_demo_model"),
            # Not beside the model, whose files are told apart by what they hold.
            resources=f"{MADE}/demo/resources/tune_demo_model.json",
        shell:
            "python3 -m probesteer tune_demo_model --settings '{{}}' --code {params.code}"
            " --files {output:q} --log {log:q} --resources {params.resources:q}"
