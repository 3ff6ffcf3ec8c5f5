"""What a stage's `run` is made of, so that one command line serves all stages.

`run(settings, provenance, *, name: InputPath, …, other: OutputPath, …) -> None`
"""

from pathlib import Path
from typing import NewType

InputPath = NewType("InputPath", Path)
InputPaths = NewType("InputPaths", tuple[Path, ...])
FolderPath = NewType("FolderPath", Path)  # read as it is; not part of the provenance
OutputPath = NewType("OutputPath", Path)
OutputPaths = NewType("OutputPaths", tuple[Path, ...])

# The order of the data flow; a stage is the module of this name in `probesteer.stages`.
STAGES = (
    "fetch",
    "dataset",
    "examples",
    "activations",
    "gather",
    "probes",
    "positions",
    "sparse",
    "transfer",
    "significance",
    "gradients",
    "directions",
    "cosines",
    "steering",
    "scale",
    "entanglement",
    "steerability",
    "toys",
    "instruments",
    "superposition",
    "polytopes",
    "components",
    "dictionaries",
    "arithmetic",
    "drift",
    "shifts",
    "figures",
    "report",
    "train_demo_model",
    "write_digits",
    "train_digits",
    "tune_demo_model",
)
