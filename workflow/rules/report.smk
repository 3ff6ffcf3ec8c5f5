# One self-contained page of findings, figures and tables.
def of_pairs(name):
    """A table of every pair of a model and a concept."""
    return pairs(table_of(name))


rule write_report:
    input:
        probes=of_pairs("probes"),
        directions=of_pairs("directions"),
        steering=of_pairs("steering"),
        scale=of_pairs("scale"),
        sensitivity=of_pairs("sensitivity"),
        samples=of_pairs("samples"),
        cosines=expand(COSINES, model=settings.models),
        records=[
            f"{MODEL}/record.json".format(model=m, model_key=model_key(m))
            for m in settings.models
        ],
        drawings=figure_files(),
    output:
        page=f"{RESULTS}/report.html",
        findings=f"{RESULTS}/findings.txt",
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("report"),
        code=code_of("report"),
        resources=f"{RESULTS}/resources",
    shell:
        "{STAGE} report --settings {params.settings:q}"
        " --probes {input.probes:q} --directions {input.directions:q}"
        " --steering {input.steering:q} --scale {input.scale:q}"
        " --sensitivity {input.sensitivity:q} --samples {input.samples:q}"
        " --cosines {input.cosines:q} --records {input.records:q} --drawings {input.drawings:q}"
        " --page {output.page:q} --findings {output.findings:q}"
        " --measured {params.resources:q} --log {log:q}"
