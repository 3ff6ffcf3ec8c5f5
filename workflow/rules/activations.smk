# One forward pass over a concept's texts; one file a layer beside the manifest.
SHARDS = settings.activations.shards
PART = f"{CACHE}/shard-{{shard}}-of-{SHARDS}/manifest.json"

discard_incomplete_caches(MANIFEST, PART)


if SHARDS == 1:

    rule extract_activations:
        input:
            record=RECORD,
            examples=concept_file("examples"),
        output:
            manifest=MANIFEST,
            resources=f"{CACHE}/resources.json",
        log:
            f"{CACHE}/activations.log",
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_model,
        params:
            settings=slice_of("activations"),
            code=code_of("activations"),
        shell:
            "python3 -m probesteer activations --settings {params.settings:q} --code {params.code}"
            " --record {input.record:q} --examples {input.examples:q}"
            " --manifest {output.manifest:q}"
            " --log {log:q} --resources {output.resources:q}"

else:

    # Jobs side by side, each with a part of the examples; then their files are put together.
    rule extract_shard:
        input:
            record=RECORD,
            examples=concept_file("examples"),
        output:
            manifest=temp(PART),
        log:
            f"{CACHE}/shard-{{shard}}.log",
        conda:
            ENVIRONMENT
        threads: threads_of_shard
        resources:
            gpu=gpus_of_model,
        params:
            settings=slice_of_shard,
            code=code_of("activations"),
        shell:
            "python3 -m probesteer activations --settings {params.settings:q} --code {params.code}"
            " --record {input.record:q} --examples {input.examples:q}"
            " --manifest {output.manifest:q} --log {log:q}"

    rule gather_activations:
        input:
            parts=expand(PART, shard=range(SHARDS), allow_missing=True),
        output:
            manifest=MANIFEST,
            resources=f"{CACHE}/resources.json",
        log:
            f"{CACHE}/activations.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("activations"),
            code=code_of("gather"),
        shell:
            "python3 -m probesteer gather --settings {params.settings:q} --code {params.code}"
            " --parts {input.parts:q} --manifest {output.manifest:q}"
            " --log {log:q} --resources {output.resources:q}"
