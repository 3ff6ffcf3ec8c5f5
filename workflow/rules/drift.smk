# Directions of two checkpoints or fine-tunes of one model, and on shifted data, where the settings
# name the part. Of a model that is only compared, no more than the activations are read.
SHIFTS = f"{RESULTS}/tables/{{model}}/shifts.parquet"
GEOMETRY += [SHIFTS] if "drift" in PARTS else []
COMPARED = [
    path_of(pattern)(Pair(other, concept))
    for _, other in COMPARED_PAIRS
    for concept in DRIFTING
    for pattern in (RECORD, MANIFEST, f"{CACHE}/resources.json")
]


for first, other in COMPARED_PAIRS:

    rule:
        name:
            f"compare_{first}_with_{other}"
        input:
            instruments=INSTRUMENTS,
            record=path_of(RECORD)(Pair(other, DRIFTING[0])),
            first=[path_of(MANIFEST)(Pair(first, concept)) for concept in DRIFTING],
            second=[path_of(MANIFEST)(Pair(other, concept)) for concept in DRIFTING],
            probes=expand(f"{TABLES}/probes.safetensors", model=first, concept=DRIFTING),
            examples=expand(f"{CONCEPT}/examples.parquet", concept=DRIFTING),
            prompts=expand(f"{CONCEPT}/prompts.parquet", concept=DRIFTING),
        output:
            table=f"{RESULTS}/tables/{first}/{other}/drift.parquet",
        log:
            f"{RESULTS}/logs/{first}/{other}/drift.log",
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_model(Pair(other, None)),
        params:
            settings=to_json(stage_slice("drift", settings, first, other)),
            code=code_of("drift"),
            resources=f"{RESULTS}/resources/{first}/drift_{other}.json",
        shell:
            "python3 -m probesteer drift --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --record {input.record:q}"
            " --first {input.first:q} --second {input.second:q} --probes {input.probes:q}"
            " --examples {input.examples:q} --prompts {input.prompts:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"


if "drift" in PARTS:

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
