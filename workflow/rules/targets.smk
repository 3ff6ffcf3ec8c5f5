# A stage by its name makes it and what it needs: `snakemake --cores 2 probes`.
rule activations:
    input:
        every_manifest(),


rule probes:
    input:
        tables_of_pairs("probes"),
        tables_of_windows(),
        expand(SIGNIFICANCE, model=settings.models),


rule directions:
    input:
        tables_of_pairs("directions"),
        expand(COSINES, model=settings.models),


rule steering:
    input:
        tables_of_pairs("steering"),


rule scale:
    input:
        tables_of_pairs("scale"),


rule figures:
    input:
        figure_files("svg", "png"),


rule report:
    input:
        f"{RESULTS}/report.html",
