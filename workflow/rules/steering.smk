# Every direction added at every layer, over a grid of strengths.
rule steer:
    input:
        record=path_of(RECORD),
        directions=f"{TABLES}/directions.safetensors",
        erasers=f"{TABLES}/erasers.safetensors",
        probes=f"{TABLES}/probes.safetensors",
        reading=f"{TABLES}/probes.parquet",
        prompts=f"{CONCEPT}/prompts.parquet",
        neutral=f"{CONCEPT}/neutral.parquet",
        examples=f"{CONCEPT}/examples.parquet",
    output:
        table=f"{TABLES}/steering.parquet",
        prompts=f"{TABLES}/steering_prompts.parquet",
        operators=f"{TABLES}/operators.parquet",
        readout=f"{TABLES}/readout.parquet",
        prompting=f"{TABLES}/prompting.parquet",
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
        "python3 -m probesteer steering --settings {params.settings:q} --code {params.code}"
        " --record {input.record:q} --directions {input.directions:q}"
        " --erasers {input.erasers:q}"
        " --probes {input.probes:q} --reading {input.reading:q}"
        " --prompts {input.prompts:q} --neutral {input.neutral:q}"
        " --examples {input.examples:q}"
        " --table {output.table:q} --prompts-table {output.prompts:q}"
        " --operators {output.operators:q}"
        " --readout {output.readout:q} --prompting {output.prompting:q}"
        " --samples {output.samples:q} --log {log:q} --resources {params.resources:q}"
