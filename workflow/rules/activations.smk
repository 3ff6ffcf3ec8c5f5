# One forward pass over a concept's texts; one file a layer beside the manifest.
rule extract_activations:
    input:
        record=f"{MODEL}/record.json",
        examples=concept_file("examples"),
    output:
        manifest=f"{CACHE}/manifest.json",
    log:
        f"{CACHE}/activations.log",
    conda:
        ENVIRONMENT
    threads: threads_of_model
    params:
        settings=slice_of("activations"),
        code=code_of("activations"),
        resources=resources_of("activations"),
    shell:
        "{STAGE} activations --settings {params.settings:q}"
        " --record {input.record:q} --examples {input.examples:q} --manifest {output.manifest:q}"
        " --log {log:q} --resources {params.resources:q}"
