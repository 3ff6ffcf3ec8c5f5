# One forward pass over a concept's texts; one file a layer beside the manifest.
from probesteer.activations.cache import discard_incomplete

SHARDS = settings.activations.shards
PART = f"{CACHE}/shard-{{shard}}-of-{SHARDS}/manifest.json"


def discard_incomplete_caches(manifest, part, concepts=settings.concepts):
    """Remove the manifests, and those of their shards, that name files which are gone.

    Without its manifest a cache is filled up again. Done while the rules are read, as the files
    that a job needs are fixed then.
    """
    if not workflow.is_main_process:
        return
    parts = expand(part, shard=range(SHARDS), allow_missing=True) if SHARDS > 1 else []
    for path in sum((pairs(each, concepts) for each in [manifest, *parts]), []):
        for missing in discard_incomplete(Path(path)):
            print(f"{missing} is missing and will be made again", file=sys.stderr)


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
            "python3 -m probesteer activations --settings {params.settings:q}"
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
            "python3 -m probesteer activations --settings {params.settings:q}"
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
            "python3 -m probesteer gather --settings {params.settings:q}"
            " --parts {input.parts:q} --manifest {output.manifest:q}"
            " --log {log:q} --resources {output.resources:q}"
