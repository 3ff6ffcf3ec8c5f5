# How far each concept's direction moves the other concepts; one job a model.
ENTANGLEMENT = f"{RESULTS}/tables/{{model}}/entanglement.parquet"
ENTANGLED = bool(settings.steering.entanglement) and len(settings.concepts) > 1

if ENTANGLED:

    rule measure_entanglement:
        input:
            record=record_of_model,
            directions=expand(
                f"{TABLES}/directions.safetensors",
                concept=settings.concepts,
                allow_missing=True,
            ),
            probes=expand(
                f"{TABLES}/probes.safetensors",
                concept=settings.concepts,
                allow_missing=True,
            ),
            reading=tables_of_concepts("probes"),
            steering=tables_of_concepts("steering"),
            prompts=expand(f"{CONCEPT}/prompts.parquet", concept=settings.concepts),
            examples=expand(f"{CONCEPT}/examples.parquet", concept=settings.concepts),
        output:
            table=ENTANGLEMENT,
        log:
            f"{RESULTS}/logs/{{model}}/entanglement.log",
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_model,
        params:
            settings=slice_of("entanglement"),
            code=code_of("entanglement"),
            resources=resources_of("entanglement", "{model}"),
        shell:
            "python3 -m probesteer entanglement --settings {params.settings:q} --code {params.code}"
            " --record {input.record:q} --directions {input.directions:q}"
            " --probes {input.probes:q} --reading {input.reading:q}"
            " --steering {input.steering:q} --prompts {input.prompts:q}"
            " --examples {input.examples:q} --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"
