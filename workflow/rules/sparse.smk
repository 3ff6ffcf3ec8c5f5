# Probes on a few neurons; without a site whose coordinates are neurons there is no such job.
WITH_NEURONS = settings.concepts if "mlp_act" in settings.activations.sites else []

if WITH_NEURONS:

    rule fit_sparse_probes:
        input:
            manifest=path_of(MANIFEST),
            examples=f"{CONCEPT}/examples.parquet",
        output:
            table=f"{TABLES}/sparse.parquet",
        log:
            f"{LOGS}/sparse.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("probes"),
            code=code_of("sparse"),
            resources=resources_of("sparse"),
        shell:
            "python3 -m probesteer sparse --settings {params.settings:q} --code {params.code}"
            " --manifest {input.manifest:q} --examples {input.examples:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"
