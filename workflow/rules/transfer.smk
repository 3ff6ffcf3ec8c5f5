# Every probe on the examples of the concepts whose labels mean the same.
TRANSFER = f"{RESULTS}/tables/{{model}}/transfer.parquet"


rule transfer_probes:
    input:
        manifests=manifests_of_concepts,
        examples=expand(f"{CONCEPT}/examples.parquet", concept=sorted_concepts()),
        probes=expand(
            f"{TABLES}/probes.safetensors",
            concept=sorted_concepts(),
            allow_missing=True,
        ),
    output:
        table=TRANSFER,
    log:
        f"{RESULTS}/logs/{{model}}/transfer.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("transfer"),
        code=code_of("transfer"),
        resources=resources_of("transfer", "{model}"),
    shell:
        "python3 -m probesteer transfer --settings {params.settings:q} --code {params.code}"
        " --manifests {input.manifests:q} --examples {input.examples:q}"
        " --probes {input.probes:q} --table {output.table:q}"
        " --log {log:q} --resources {params.resources:q}"
