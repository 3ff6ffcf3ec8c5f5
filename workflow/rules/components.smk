# Directions of PCA and NMF against the clusters that polytopes found, wherever those are looked at.
COMPONENTS = f"{TABLES}/components.parquet"
CLUSTER_EXAMPLES = f"{TABLES}/cluster_examples.parquet"
CLUSTERED = WITH_CLASSES if "polytopes" in PARTS else []
GEOMETRY += expand(COMPONENTS, concept=CLUSTERED, allow_missing=True)
GEOMETRY += expand(CLUSTER_EXAMPLES, concept=CLUSTERED, allow_missing=True)


if CLUSTERED:

    rule fit_components:
        input:
            instruments=INSTRUMENTS,
            manifest=path_of(MANIFEST),
            examples=f"{CONCEPT}/examples.parquet",
            clusters=f"{TABLES}/clusters.parquet",
        output:
            table=COMPONENTS,
            central=CLUSTER_EXAMPLES,
        log:
            f"{LOGS}/components.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("components"),
            code=code_of("components"),
            resources=resources_of("components"),
        shell:
            "python3 -m probesteer components --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --manifest {input.manifest:q}"
            " --examples {input.examples:q} --clusters {input.clusters:q}"
            " --table {output.table:q} --central {output.central:q}"
            " --log {log:q} --resources {params.resources:q}"
