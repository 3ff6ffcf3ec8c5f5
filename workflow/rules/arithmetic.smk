# Vector arithmetic with the pairs of concepts, and composition of two concepts, where the settings
# name the part.
ARITHMETIC = f"{RESULTS}/tables/{{model}}/arithmetic.parquet"
COMPOSITION = f"{RESULTS}/tables/{{model}}/composition.parquet"
GEOMETRY += [ARITHMETIC, COMPOSITION] if "arithmetic" in PARTS else []


if "arithmetic" in PARTS:

    rule compare_pairs:
        input:
            instruments=INSTRUMENTS,
            manifests=binary_manifests,
            examples=expand(f"{CONCEPT}/examples.parquet", concept=WITH_DIRECTIONS),
        output:
            table=ARITHMETIC,
            composition=COMPOSITION,
        log:
            f"{RESULTS}/logs/{{model}}/arithmetic.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_with_directions("arithmetic"),
            code=code_of("arithmetic"),
            resources=resources_of("arithmetic", "{model}"),
        shell:
            "python3 -m probesteer arithmetic --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --manifests {input.manifests:q}"
            " --examples {input.examples:q} --table {output.table:q}"
            " --composition {output.composition:q}"
            " --log {log:q} --resources {params.resources:q}"
