# One forward pass over a concept's texts; one file a layer beside the manifest.
from probesteer.activations.cache import discard_incomplete

# A manifest that names a layer's file which is gone is no manifest: without it the cache is
# filled up again. Done while the rules are read, as the files that a job needs are fixed then.
if workflow.is_main_process:
    for manifest in pairs(MANIFEST):
        for missing in discard_incomplete(Path(manifest)):
            print(f"{missing} is missing and will be made again", file=sys.stderr)


rule extract_activations:
    input:
        record=RECORD,
        examples=concept_file("examples"),
    output:
        manifest=MANIFEST,
        resources=f"{CACHE}/resources.json",
    log:
        f"{CACHE}/activations.log",
    conda:
        ENVIRONMENT
    threads: threads_of_model
    resources:
        gpu=gpus_of_model,
    params:
        settings=slice_of("activations"),
        code=code_of("activations"),
    shell:
        "python3 -m probesteer activations --settings {params.settings:q}"
        " --record {input.record:q} --examples {input.examples:q} --manifest {output.manifest:q}"
        " --log {log:q} --resources {output.resources:q}"
