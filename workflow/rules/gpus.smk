# How many GPUs a job takes, and that jobs on this machine take no more than it has.
from probesteer.gpus import visible_gpus

GPUS = visible_gpus()

# A cluster's scheduler knows its own GPUs. What `--resources gpu=1` says comes first.
ON_THIS_MACHINE = workflow.is_main_process and workflow.nodes is None
if ON_THIS_MACHINE and GPUS and "gpu" not in workflow.global_resources:
    workflow.global_resources["gpu"] = GPUS


def gpus_of_model(wildcards):
    """One for a model on a GPU; all where it is spread over them or wants a certain one."""
    model = settings.model[wildcards.model]
    if model.device_map or model.device.startswith("cuda:"):
        return max(1, GPUS)
    return min(1, GPUS) if model.device == "auto" else int(model.device == "cuda")
