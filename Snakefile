# probesteer: where a concept can be read in a model, and whether its direction steers it.
# Settings: config/. Rules by stage: workflow/rules/. Everything made lies in results/.
from snakemake.utils import min_version

min_version("9.11")


include: "workflow/rules/common.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/examples.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/probes.smk"
include: "workflow/rules/directions.smk"
include: "workflow/rules/steering.smk"
include: "workflow/rules/scale.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/demo_model.smk"


# A stage by its name makes it and what it needs: `snakemake --cores 2 probes`.
rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",


rule activations:
    input:
        pairs(activation_manifest),


rule probes:
    input:
        pairs(table_of("probes")),


rule directions:
    input:
        pairs(table_of("directions")),
        expand(COSINES, model=settings.models),


rule steering:
    input:
        pairs(table_of("steering")),


rule scale:
    input:
        pairs(table_of("scale")),


rule figures:
    input:
        figure_files(),


rule report:
    input:
        f"{RESULTS}/report.html",


onsuccess:
    print(f"The report: {RESULTS}/report.html")


onerror:
    tell_failures()
