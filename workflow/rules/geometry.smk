# Superposition, neurons and polytopes; only the parts that the settings name have jobs.
INSTRUMENTS = f"{RESULTS}/tables/instruments.parquet"
SUPERPOSITION = f"{RESULTS}/tables/{{model}}/superposition.parquet"
PARTS = settings.geometry.parts
# What the toys were to show and did, where they are a part: instruments don't train them again.
TRUTHS = f"{RESULTS}/tables/truths.parquet"
GEOMETRY = [INSTRUMENTS] if PARTS else []
GEOMETRY += [SUPERPOSITION] if "superposition" in PARTS else []
GEOMETRY += expand(
    [f"{TABLES}/polytopes.parquet", f"{TABLES}/plane.parquet"],
    concept=WITH_CLASSES if "polytopes" in PARTS else [],
    allow_missing=True,
)


if PARTS:

    rule try_instruments:
        input:
            truths=[TRUTHS] if "toys" in PARTS else [],
        output:
            table=INSTRUMENTS,
        log:
            f"{RESULTS}/logs/instruments.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_of("instruments"),
            code=code_of("instruments"),
            resources=f"{RESULTS}/resources/instruments.json",
        shell:
            "python3 -m probesteer instruments --settings {params.settings:q} --code {params.code}"
            " --truths {input.truths:q} --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"


if "superposition" in PARTS:

    rule measure_superposition:
        input:
            instruments=INSTRUMENTS,
            manifests=binary_manifests,
            examples=expand(f"{CONCEPT}/examples.parquet", concept=WITH_DIRECTIONS),
            directions=expand(
                f"{TABLES}/directions.safetensors",
                concept=WITH_DIRECTIONS,
                allow_missing=True,
            ),
        output:
            table=SUPERPOSITION,
        log:
            f"{RESULTS}/logs/{{model}}/superposition.log",
        conda:
            ENVIRONMENT
        params:
            settings=slice_with_directions("superposition"),
            code=code_of("superposition"),
            resources=resources_of("superposition", "{model}"),
        shell:
            "python3 -m probesteer superposition --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --manifests {input.manifests:q}"
            " --examples {input.examples:q} --directions {input.directions:q}"
            " --table {output.table:q}"
            " --log {log:q} --resources {params.resources:q}"


if "polytopes" in PARTS:

    rule look_at_polytopes:
        input:
            instruments=INSTRUMENTS,
            record=path_of(RECORD),
            manifest=path_of(MANIFEST),
            examples=f"{CONCEPT}/examples.parquet",
            directions=f"{TABLES}/directions.safetensors",
            shuffled=shuffled_files,
        output:
            table=f"{TABLES}/polytopes.parquet",
            clusters=f"{TABLES}/clusters.parquet",
            plane=f"{TABLES}/plane.parquet",
        log:
            f"{LOGS}/polytopes.log",
        conda:
            ENVIRONMENT
        threads: threads_of_model
        resources:
            gpu=gpus_of_model,
        params:
            settings=slice_of("polytopes"),
            code=code_of("polytopes"),
            resources=resources_of("polytopes"),
        shell:
            "python3 -m probesteer polytopes --settings {params.settings:q} --code {params.code}"
            " --instruments {input.instruments:q} --record {input.record:q}"
            " --manifest {input.manifest:q} --examples {input.examples:q}"
            " --directions {input.directions:q} --shuffled {input.shuffled:q}"
            " --table {output.table:q} --clusters {output.clusters:q} --plane {output.plane:q}"
            " --log {log:q} --resources {params.resources:q}"
