# Figures of one model, drawn from its tables alone; captions in workflow/report/.
# Chapters and names as in src/probesteer/figures/catalogue.py (a test compares them).
FIGURES = {
    "Where can the concept be read?": ["accuracy_by_layer", "accuracy_heatmap"],
    "Which direction carries it?": ["direction_cosines", "direction_agreement"],
    "Does pushing along it steer the model?": [
        "dose_response",
        "dose_response_all_tokens",
        "steering_slope_by_layer",
    ],
    "Over which range of scales, and at what cost?": [
        "effect_against_cost",
        "effect_against_divergence",
        "scale_sensitivity",
        "activation_scaling",
        "activation_scaling_loss",
    ],
}


rule draw_figures:
    input:
        probes=tables_of_concepts("probes"),
        cosines=COSINES,
        steering=tables_of_concepts("steering"),
        scale=tables_of_concepts("scale"),
        sensitivity=tables_of_concepts("sensitivity"),
    output:
        svg=[
            report(
                f"{DRAWINGS}/{name}.svg",
                caption=f"../report/{name}.rst",
                category=chapter,
                subcategory="{model}",
                labels={"figure": name.replace("_", " "), "model": "{model}"},
            )
            for chapter, names in FIGURES.items()
            for name in names
        ],
        png=[f"{DRAWINGS}/{name}.png" for names in FIGURES.values() for name in names],
    log:
        f"{RESULTS}/logs/{{model}}/figures.log",
    conda:
        ENVIRONMENT
    params:
        settings=slice_of("figures"),
        code=code_of("figures"),
        resources=resources_of("figures", "{model}"),
    shell:
        "python3 -m probesteer figures --settings {params.settings:q}"
        " --probes {input.probes:q} --cosines {input.cosines:q} --steering {input.steering:q}"
        " --scale {input.scale:q} --sensitivity {input.sensitivity:q}"
        " --drawings {output:q} --log {log:q} --resources {params.resources:q}"
