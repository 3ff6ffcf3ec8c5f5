# Probes at every token of a window, of the concepts that have one. Their activations are read by
# the same rules as those of the position alone, into a cache beside it.
WINDOW = "results/activations/{model}-{model_key}/{concept}-{window_key}-window"
WINDOW_MANIFEST = f"{WINDOW}/manifest.json"
WINDOW_PART = f"{WINDOW}/shard-{{shard}}-of-{SHARDS}/manifest.json"


wildcard_constraints:
    window_key="[0-9a-f]{8}",


if windowed_concepts():
    discard_incomplete_caches(WINDOW_MANIFEST, WINDOW_PART, windowed_concepts())

    if SHARDS == 1:

        use rule extract_activations as extract_window with:
            output:
                manifest=WINDOW_MANIFEST,
                resources=f"{WINDOW}/resources.json",
            log:
                f"{WINDOW}/activations.log",
            params:
                settings=slice_of_window,
                code=code_of("activations"),

    else:

        use rule extract_shard as extract_window_shard with:
            output:
                manifest=temp(WINDOW_PART),
            log:
                f"{WINDOW}/shard-{{shard}}.log",
            params:
                settings=slice_of_window,
                code=code_of("activations"),

        use rule gather_activations as gather_window with:
            input:
                parts=expand(WINDOW_PART, shard=range(SHARDS), allow_missing=True),
            output:
                manifest=WINDOW_MANIFEST,
                resources=f"{WINDOW}/resources.json",
            log:
                f"{WINDOW}/activations.log",
            params:
                settings=slice_of_window,
                code=code_of("gather"),

    rule fit_position_probes:
        input:
            manifest=path_of(WINDOW_MANIFEST),
            examples=f"{CONCEPT}/examples.parquet",
        output:
            table=f"{TABLES}/positions.parquet",
        log:
            f"{LOGS}/positions.log",
        wildcard_constraints:
            concept="|".join(map(re.escape, windowed_concepts())),
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("positions"),
            code=code_of("positions"),
            resources=resources_of("positions"),
        shell:
            "python3 -m probesteer positions --settings {params.settings:q} --code {params.code}"
            " --manifest {input.manifest:q} --examples {input.examples:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"
