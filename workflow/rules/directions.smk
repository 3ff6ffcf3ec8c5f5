# Directions in raw activation space, and how alike those of different concepts are.
DIFFERENTIATED = "logit_gradient" in settings.directions.methods

if DIFFERENTIATED:

    rule differentiate:
        input:
            record=path_of(RECORD),
            manifest=path_of(MANIFEST),
            prompts=f"{CONCEPT}/prompts.parquet",
            examples=f"{CONCEPT}/examples.parquet",
        output:
            gradients=f"{TABLES}/gradients.safetensors",
        log:
            f"{LOGS}/gradients.log",
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_model,
        params:
            settings=slice_of("gradients"),
            code=code_of("gradients"),
            resources=resources_of("gradients"),
        shell:
            "python3 -m probesteer gradients --settings {params.settings:q} --code {params.code}"
            " --record {input.record:q} --manifest {input.manifest:q}"
            " --prompts {input.prompts:q} --examples {input.examples:q}"
            " --gradients {output.gradients:q}"
            " --log {log:q} --resources {params.resources:q}"


rule derive_directions:
    input:
        manifest=path_of(MANIFEST),
        examples=f"{CONCEPT}/examples.parquet",
        probes=f"{TABLES}/probes.safetensors",
        gradients=[f"{TABLES}/gradients.safetensors"] if DIFFERENTIATED else [],
        given=vector_file,
        others=manifests_of_others,
        others_examples=examples_of_others,
    output:
        directions=f"{TABLES}/directions.safetensors",
        table=f"{TABLES}/directions.parquet",
        erasers=f"{TABLES}/erasers.safetensors",
        agreement=f"{TABLES}/agreement.parquet",
    log:
        f"{LOGS}/directions.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("directions"),
        code=code_of("directions"),
        resources=resources_of("directions"),
    shell:
        "python3 -m probesteer directions --settings {params.settings:q} --code {params.code}"
        " --manifest {input.manifest:q} --examples {input.examples:q} --probes {input.probes:q}"
        " --gradients {input.gradients:q} --given {input.given:q}"
        " --others {input.others:q} --others-examples {input.others_examples:q}"
        " --directions {output.directions:q} --table {output.table:q}"
        " --erasers {output.erasers:q} --agreement {output.agreement:q}"
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
        "python3 -m probesteer cosines --settings {params.settings:q} --code {params.code} --directions {input:q}"
        " --table {output.table:q} --log {log:q} --resources {params.resources:q}"
