# Every direction added at every layer, over a grid of strengths.
rule steer:
    input:
        record=path_of(RECORD),
        directions=f"{TABLES}/directions.safetensors",
        prompts=f"{CONCEPT}/prompts.parquet",
        neutral=f"{CONCEPT}/neutral.parquet",
        examples=f"{CONCEPT}/examples.parquet",
    output:
        table=f"{TABLES}/steering.parquet",
        prompts=f"{TABLES}/steering_prompts.parquet",
        samples=f"{TABLES}/samples.parquet",
    log:
        f"{LOGS}/steering.log",
    conda:
        ENVIRONMENT
    threads: threads_of_model
    resources:
        gpu=gpus_of_model,
    params:
        settings=slice_of("steering"),
        code=code_of("steering"),
        resources=resources_of("steering"),
    shell:
        "python3 -m probesteer steering --settings {params.settings:q}"
        " --record {input.record:q} --directions {input.directions:q}"
        " --prompts {input.prompts:q} --neutral {input.neutral:q}"
        " --examples {input.examples:q}"
        " --table {output.table:q} --prompts-table {output.prompts:q}"
        " --samples {output.samples:q} --log {log:q} --resources {params.resources:q}"
