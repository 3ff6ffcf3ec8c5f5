# The only rule that uses the network; every other stage runs without.
localrules:
    fetch_model,


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
        "python3 -m probesteer fetch --settings {params.settings:q} --record {output.record:q} --log {log:q}"
        " --resources {params.resources:q}"
