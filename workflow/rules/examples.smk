# The data of a concept: read, checked, split by group.
rule prepare_examples:
    input:
        examples=concept_file("examples"),
        prompts=concept_file("prompts"),
        neutral=concept_file("neutral"),
    output:
        examples=f"{CONCEPT}/examples.parquet",
        prompts=f"{CONCEPT}/prompts.parquet",
        neutral=f"{CONCEPT}/neutral.parquet",
    log:
        f"{RESULTS}/logs/concepts/{{concept}}.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("examples"),
        code=code_of("examples"),
        resources=resources_of("examples", "concepts/{concept}"),
    shell:
        "python3 -m probesteer examples --settings {params.settings:q} --code {params.code}"
        " --examples {input.examples:q} --prompts {input.prompts:q} --neutral {input.neutral:q}"
        " --examples-table {output.examples:q} --prompts-table {output.prompts:q}"
        " --neutral-table {output.neutral:q} --log {log:q} --resources {params.resources:q}"
