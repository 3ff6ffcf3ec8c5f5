# How far one may push, and what scaling the activation itself does.
rule measure_scale:
    input:
        record=path_of(RECORD),
        directions=f"{TABLES}/directions.safetensors",
        prompts=f"{CONCEPT}/prompts.parquet",
        neutral=f"{CONCEPT}/neutral.parquet",
        examples=f"{CONCEPT}/examples.parquet",
        manifest=path_of(MANIFEST),
    output:
        table=f"{TABLES}/scale.parquet",
        sensitivity=f"{TABLES}/sensitivity.parquet",
    log:
        f"{LOGS}/scale.log",
    conda:
        ENVIRONMENT
    threads: threads_of_model
    resources:
        gpu=gpus_of_model,
    params:
        settings=slice_of("scale"),
        code=code_of("scale"),
        resources=resources_of("scale"),
    shell:
        "python3 -m probesteer scale --settings {params.settings:q} --code {params.code}"
        " --record {input.record:q} --directions {input.directions:q}"
        " --prompts {input.prompts:q} --neutral {input.neutral:q}"
        " --examples {input.examples:q} --manifest {input.manifest:q}"
        " --table {output.table:q} --sensitivity {output.sensitivity:q}"
        " --log {log:q} --resources {params.resources:q}"
