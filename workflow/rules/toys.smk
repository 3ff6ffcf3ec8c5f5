# Toys whose truth is known, of no model; where the settings name the part.
TOYS = f"{RESULTS}/tables/toys.parquet"
GEOMETRY += [TOYS] if "toys" in PARTS else []


if "toys" in PARTS:

    rule train_toys:
        output:
            table=TOYS,
            truths=TRUTHS,
        log:
            f"{RESULTS}/logs/toys.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("toys"),
            code=code_of("toys"),
            resources=f"{RESULTS}/resources/toys.json",
        shell:
            "python3 -m probesteer toys --settings {params.settings:q} --code {params.code}"
            " --table {output.table:q} --truths {output.truths:q}"
            " --log {log:q} --resources {params.resources:q}"
