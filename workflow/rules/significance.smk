# Which probes of a model are significant, its concepts and places taken together.
SIGNIFICANCE = f"{RESULTS}/tables/{{model}}/significance.parquet"


rule adjust_significance:
    input:
        probes=tables_of_concepts("probes"),
    output:
        table=SIGNIFICANCE,
    log:
        f"{RESULTS}/logs/{{model}}/significance.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("significance"),
        code=code_of("significance"),
        resources=resources_of("significance", "{model}"),
    shell:
        "python3 -m probesteer significance --settings {params.settings:q} --code {params.code}"
        " --probes {input.probes:q} --table {output.table:q}"
        " --log {log:q} --resources {params.resources:q}"
