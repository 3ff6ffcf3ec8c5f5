# One self-contained page of findings, figures and tables.
rule write_report:
    input:
        probes=tables_of_pairs("probes"),
        directions=tables_of_pairs("directions"),
        steering=tables_of_pairs("steering"),
        scale=tables_of_pairs("scale"),
        sensitivity=tables_of_pairs("sensitivity"),
        samples=tables_of_pairs("samples"),
        cosines=expand(COSINES, model=settings.models),
        evidence=list(dict.fromkeys(expand(EVIDENCE, model=settings.models))),
        records=dict.fromkeys(pairs(RECORD)),
        drawings=figure_files("svg"),
        reading=pairs(f"{CACHE}/resources.json"),
        windows=pairs(f"{WINDOW}/resources.json", windowed_concepts()),
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
        measured=f"{RESULTS}/resources",
        resources=f"{RESULTS}/resources/report.json",
    shell:
        "python3 -m probesteer report --settings {params.settings:q} --code {params.code}"
        " --probes {input.probes:q} --directions {input.directions:q}"
        " --steering {input.steering:q} --scale {input.scale:q}"
        " --sensitivity {input.sensitivity:q} --samples {input.samples:q}"
        " --cosines {input.cosines:q} --evidence {input.evidence:q} --records {input.records:q}"
        " --drawings {input.drawings:q} --reading {input.reading:q}"
        " --windows {input.windows:q} --measured {params.measured:q}"
        " --page {output.page:q} --findings {output.findings:q}"
        " --log {log:q} --resources {params.resources:q}"
