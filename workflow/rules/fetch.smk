# The only rules that use the network; every other stage runs without. On a cluster they run where
# Snakemake runs, and so do the rules that only draw and write.
localrules:
    fetch_model,
    fetch_dataset,
    draw_figures,
    write_report,


rule fetch_model:
    input:
        local_model_files,
    output:
        record=RECORD,
    log:
        f"{MODEL}/fetch.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("fetch"),
        code=code_of("fetch"),
        resources=f"{MODEL}/resources.json",
    shell:
        "python3 -m probesteer fetch --settings {params.settings:q} --code {params.code} --record {output.record:q} --log {log:q}"
        " --resources {params.resources:q}"


rule fetch_dataset:
    input:
        local_dataset_files,
    output:
        examples=DATASET,
    log:
        "results/datasets/{concept}-{dataset_key}.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("dataset"),
        code=code_of("dataset"),
    shell:
        "python3 -m probesteer dataset --settings {params.settings:q} --code {params.code}"
        " --examples {output.examples:q} --log {log:q}"
