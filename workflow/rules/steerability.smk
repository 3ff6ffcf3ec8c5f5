# What probes read and what pushes do, side by side; from tables alone.
STEERABILITY = f"{RESULTS}/tables/{{model}}/steerability.parquet"
UNITS = f"{RESULTS}/tables/{{model}}/sensitivity_in_units.parquet"
DECODABLE = f"{RESULTS}/tables/{{model}}/decodable_vs_steerable.parquet"


rule compare_reading_and_steering:
    input:
        prompts=tables_of_concepts("steering_prompts"),
        directions=tables_of_concepts("directions"),
        probes=tables_of_concepts("probes"),
        scale=tables_of_concepts("scale"),
        sensitivity=tables_of_concepts("sensitivity"),
        transfer=TRANSFER,
    output:
        steerability=STEERABILITY,
        units=UNITS,
        decodable=DECODABLE,
    log:
        f"{RESULTS}/logs/{{model}}/steerability.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("steerability"),
        code=code_of("steerability"),
        resources=resources_of("steerability", "{model}"),
    shell:
        "python3 -m probesteer steerability --settings {params.settings:q} --code {params.code}"
        " --prompts {input.prompts:q} --directions {input.directions:q}"
        " --probes {input.probes:q} --scale {input.scale:q}"
        " --sensitivity {input.sensitivity:q} --transfer {input.transfer:q}"
        " --steerability {output.steerability:q} --units {output.units:q}"
        " --decodable {output.decodable:q}"
        " --log {log:q} --resources {params.resources:q}"
