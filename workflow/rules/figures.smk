# Figures of one model, drawn from its tables alone; captions in workflow/report/.
# Chapters and names as in src/probesteer/figures/catalogue.py (a test compares them).
FIGURES = {
    "Where can the concept be read?": [
        "accuracy_by_layer",
        "accuracy_heatmap",
        "accuracy_by_position",
    ],
    "Is it the concept that the probe reads?": [
        "selectivity_by_layer",
        "transfer_matrix",
        "calibration",
        "description_length",
    ],
    "What kind of probe does it take?": [
        "other_probes",
        "nonlinear_gain",
        "sparse_probes",
    ],
    "Which direction carries it?": [
        "direction_cosines",
        "direction_agreement",
        "direction_stability",
        "direction_layers",
    ],
    "Does pushing along it steer the model?": [
        "dose_response",
        "dose_response_all_tokens",
        "steering_slope_by_layer",
        "survival_by_layer",
        "entanglement",
        "steering_by_method",
        "operators_by_strength",
        "operators_kept",
        "operators_by_cost",
    ],
    "Over which range of scales, and at what cost?": [
        "effect_against_cost",
        "effect_against_divergence",
        "scale_sensitivity",
        "activation_scaling",
        "activation_scaling_loss",
        "decodable_vs_steerable",
        "prompt_slopes",
        "off_distribution",
        "normalisation",
    ],
    "Do directions share dimensions?": ["concept_interference", "activation_shape"],
    "What do single neurons read?": ["single_neurons"],
    "Where do boundaries of polytopes lie?": [
        "boundary_density",
        "boundaries_along_rays",
        "boundaries_along_pushes",
        "interpolation_along",
        "interpolation_by_layer",
        "plane_slices",
    ],
    "Do directions mean one cluster each?": ["cluster_cosines", "monosemanticity"],
    "Do single atoms of sparse dictionaries read concepts?": [
        "dictionary_atoms",
        "dictionary_quality",
    ],
    "Do pairs of examples share an offset?": ["vector_arithmetic"],
    "Do two concepts add up?": ["concept_composition"],
    "Toys with known truth": [
        "toy_sparsity",
        "toy_phases",
        "toy_penalty",
        "toy_collapse",
        "toy_shortcut",
        "toy_codes",
    ],
    "Do directions stay where they are from one checkpoint to the next?": [
        "drift_angles",
        "drift_transfer",
    ],
}

# Tables that not every run makes; the figures and the report take what is listed here.
EVIDENCE = [
    SIGNIFICANCE,
    TRANSFER,
    STEERABILITY,
    UNITS,
    DECODABLE,
    *tables_of_concepts("calibration"),
    *tables_of_concepts("agreement"),
    *tables_of_concepts("operators"),
    *tables_of_concepts("readout"),
    *tables_of_concepts("prompting"),
    *([ENTANGLEMENT] if ENTANGLED else []),
    *GEOMETRY,
    *expand(f"{TABLES}/sparse.parquet", concept=WITH_NEURONS, allow_missing=True),
    *expand(
        f"{TABLES}/positions.parquet",
        concept=windowed_concepts(),
        allow_missing=True,
    ),
]
# What these figures show, a run need not measure; those of no use are not drawn.
FAMILIES = list(filter(None, (settings.concept[c].family for c in settings.concepts)))
UNUSED = {
    name
    for name, used in {
        "accuracy_by_position": windowed_concepts(),
        "sparse_probes": WITH_NEURONS,
        "transfer_matrix": len(set(FAMILIES)) < len(FAMILIES),
        "other_probes": settings.probe.estimators,
        "nonlinear_gain": {"mlp", "nearest_neighbours"}
        & set(settings.probe.estimators),
        "direction_stability": settings.directions.resample_draws,
        "operators_by_strength": settings.steering.operators.measured,
        "operators_kept": settings.steering.operators.measured,
        "operators_by_cost": settings.steering.operators.measured,
        "survival_by_layer": settings.steering.readout,
        "entanglement": ENTANGLED,
        "concept_interference": "superposition" in PARTS and len(WITH_DIRECTIONS) > 1,
        "activation_shape": "superposition" in PARTS,
        "single_neurons": "superposition" in PARTS and WITH_NEURONS,
        "boundary_density": "polytopes" in PARTS,
        "boundaries_along_rays": "polytopes" in PARTS,
        "boundaries_along_pushes": "polytopes" in PARTS,
        "cluster_cosines": CLUSTERED,
        "monosemanticity": CLUSTERED,
        "interpolation_along": "polytopes" in PARTS,
        "interpolation_by_layer": "polytopes" in PARTS,
        "plane_slices": "polytopes" in PARTS and settings.geometry.plane,
        "dictionary_atoms": "dictionaries" in PARTS,
        "dictionary_quality": "dictionaries" in PARTS,
        "vector_arithmetic": "arithmetic" in PARTS,
        "concept_composition": "arithmetic" in PARTS and len(WITH_DIRECTIONS) > 1,
        **dict.fromkeys(FIGURES["Toys with known truth"], "toys" in PARTS),
        "drift_angles": COMPARED_PAIRS,
        "drift_transfer": COMPARED_PAIRS,
        "dose_response_all_tokens": "all" in settings.steering.positions,
    }.items()
    if not used
}
FIGURES = {
    chapter: [name for name in names if name not in UNUSED]
    for chapter, names in FIGURES.items()
}


rule draw_figures:
    input:
        probes=tables_of_concepts("probes"),
        cosines=COSINES,
        steering=tables_of_concepts("steering"),
        scale=tables_of_concepts("scale"),
        sensitivity=tables_of_concepts("sensitivity"),
        evidence=EVIDENCE,
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
    threads: cores_per_model
    params:
        settings=slice_of("figures"),
        code=code_of("figures"),
        resources=resources_of("figures", "{model}"),
    shell:
        "python3 -m probesteer figures --settings {params.settings:q} --code {params.code}"
        " --probes {input.probes:q} --cosines {input.cosines:q} --steering {input.steering:q}"
        " --scale {input.scale:q} --sensitivity {input.sensitivity:q}"
        " --evidence {input.evidence:q}"
        " --drawings {output:q} --log {log:q} --resources {params.resources:q}"
