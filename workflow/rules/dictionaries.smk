# Sparse dictionaries of a model's activations, where the settings name the part.
DICTIONARIES = f"{RESULTS}/tables/{{model}}/dictionaries.parquet"
GEOMETRY += [DICTIONARIES] if "dictionaries" in PARTS else []


if "dictionaries" in PARTS:

    rule learn_dictionaries:
        input:
            instruments=INSTRUMENTS,
            manifests=binary_manifests,
            examples=expand(f"{CONCEPT}/examples.parquet", concept=WITH_DIRECTIONS),
            directions=expand(
                f"{TABLES}/directions.safetensors",
                concept=WITH_DIRECTIONS,
                allow_missing=True,
            ),
        output:
            table=DICTIONARIES,
        log:
            f"{RESULTS}/logs/{{model}}/dictionaries.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_with_directions("dictionaries"),
            code=code_of("dictionaries"),
            resources=resources_of("dictionaries", "{model}"),
        shell:
            "python3 -m probesteer dictionaries --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --manifests {input.manifests:q}"
            " --examples {input.examples:q} --directions {input.directions:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"
