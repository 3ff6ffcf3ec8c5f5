# Directions in raw activation space, and how alike those of different concepts are.
rule derive_directions:
    input:
        manifest=path_of(MANIFEST),
        examples=f"{CONCEPT}/examples.parquet",
        probes=f"{TABLES}/probes.safetensors",
    output:
        directions=f"{TABLES}/directions.safetensors",
        table=f"{TABLES}/directions.parquet",
    log:
        f"{LOGS}/directions.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("directions"),
        code=code_of("directions"),
        resources=resources_of("directions"),
    shell:
        "python3 -m probesteer directions --settings {params.settings:q}"
        " --manifest {input.manifest:q} --examples {input.examples:q} --probes {input.probes:q}"
        " --directions {output.directions:q} --table {output.table:q}"
        " --log {log:q} --resources {params.resources:q}"


rule compare_directions:
    input:
        expand(
            f"{TABLES}/directions.safetensors",
            concept=settings.concepts,
            allow_missing=True,
        ),
    output:
        table=COSINES,
    log:
        f"{RESULTS}/logs/{{model}}/cosines.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("cosines"),
        code=code_of("cosines"),
        resources=resources_of("cosines", "{model}"),
    shell:
        "python3 -m probesteer cosines --settings {params.settings:q} --directions {input:q}"
        " --table {output.table:q} --log {log:q} --resources {params.resources:q}"
