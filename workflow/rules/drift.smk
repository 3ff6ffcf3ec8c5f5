# Directions of two checkpoints or fine-tunes of one model, and on shifted data, where the settings
# name the part. Of a model that is only compared, no more than the activations are read.
DRIFT = f"{RESULTS}/tables/{{model}}/{{other}}/drift.parquet"
SHIFTS = f"{RESULTS}/tables/{{model}}/shifts.parquet"
GEOMETRY += [SHIFTS] if "drift" in PARTS else []
COMPARED = [
    path_of(pattern)(Pair(other, concept))
    for _, other in COMPARED_PAIRS
    for concept in DRIFTING
    for pattern in (RECORD, MANIFEST, f"{CACHE}/resources.json")
]


if "drift" in PARTS:

    rule compare_checkpoints:
        input:
            instruments=INSTRUMENTS,
            record=record_of_other,
            first=drifting_manifests("model"),
            second=drifting_manifests("other"),
            probes=expand(
                f"{TABLES}/probes.safetensors", concept=DRIFTING, allow_missing=True
            ),
            examples=expand(f"{CONCEPT}/examples.parquet", concept=DRIFTING),
            prompts=expand(f"{CONCEPT}/prompts.parquet", concept=DRIFTING),
        output:
            table=DRIFT,
        log:
            f"{RESULTS}/logs/{{model}}/{{other}}/drift.log",
        wildcard_constraints:
            other="|".join(map(re.escape, settings.model)),
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_other,
        params:
            settings=drift_slice,
            code=code_of("drift"),
            resources=f"{RESULTS}/resources/{{model}}/drift_{{other}}.json",
        shell:
            "python3 -m probesteer drift --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --record {input.record:q}"
            " --first {input.first:q} --second {input.second:q} --probes {input.probes:q}"
            " --examples {input.examples:q} --prompts {input.prompts:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"

    rule gather_shifts:
        input:
            cosines=COSINES,
            transfer=TRANSFER,
            drift=drift_tables,
        output:
            table=SHIFTS,
        log:
            f"{RESULTS}/logs/{{model}}/shifts.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("shifts"),
            code=code_of("shifts"),
            resources=resources_of("shifts", "{model}"),
        shell:
            "python3 -m probesteer shifts --settings {params.settings:q} --code {params.code}"
            " --cosines {input.cosines:q} --transfer {input.transfer:q}"
            " --drift {input.drift:q} --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"
