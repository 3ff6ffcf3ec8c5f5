# Rebuilds the embedded model, only when it is asked for by name. It writes the weights that the
# package carries; the gate refuses weights in which a concept can't be read or steered.
rule train_demo_model:
    log:
        "results/logs/train_demo_model.log",
    conda:
        ENVIRONMENT
    threads: all_cores
    params:
        weights=PROJECT / "src/probesteer/models/demo/weights",
    shell:
        "python3 -m probesteer train_demo_model --settings '{{}}' --weights {params.weights:q} --log {log:q}"
