# Logistic probes at every layer, with their controls.
rule fit_probes:
    input:
        manifest=path_of(MANIFEST),
        examples=f"{CONCEPT}/examples.parquet",
    output:
        table=f"{TABLES}/probes.parquet",
        calibration=f"{TABLES}/calibration.parquet",
        probes=f"{TABLES}/probes.safetensors",
    log:
        f"{LOGS}/probes.log",
    conda:
        ENVIRONMENT
    resources:
        gpu=int(settings.probe.device != "cpu"),
    params:
        settings=slice_of("probes"),
        code=code_of("probes"),
        resources=resources_of("probes"),
    shell:
        "python3 -m probesteer probes --settings {params.settings:q} --code {params.code}"
        " --manifest {input.manifest:q} --examples {input.examples:q}"
        " --table {output.table:q} --calibration {output.calibration:q}"
        " --probes {output.probes:q}"
        " --log {log:q} --resources {params.resources:q}"
