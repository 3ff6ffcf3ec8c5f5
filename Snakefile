# probesteer: where a concept can be read in a model, and whether its direction steers it.
# Settings: config/. Rules by stage: workflow/rules/. Everything made lies in results/.
include: "workflow/rules/settings.smk"
include: "workflow/rules/common.smk"
include: "workflow/rules/gpus.smk"
include: "workflow/rules/choices.smk"
include: "workflow/rules/messages.smk"
include: "workflow/rules/tuned.smk"
include: "workflow/rules/digits.smk"
include: "workflow/rules/fetch.smk"
include: "workflow/rules/examples.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/probes.smk"
include: "workflow/rules/positions.smk"
include: "workflow/rules/sparse.smk"
include: "workflow/rules/transfer.smk"
include: "workflow/rules/significance.smk"
include: "workflow/rules/directions.smk"
include: "workflow/rules/steering.smk"
include: "workflow/rules/scale.smk"
include: "workflow/rules/entanglement.smk"
include: "workflow/rules/steerability.smk"
include: "workflow/rules/geometry.smk"
include: "workflow/rules/components.smk"
include: "workflow/rules/dictionaries.smk"
include: "workflow/rules/arithmetic.smk"
include: "workflow/rules/toys.smk"
include: "workflow/rules/drift.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/demo_model.smk"
include: "workflow/rules/targets.smk"


rule all:
    default_target: True
    input:
        every_file(),
