"""What each stage reads of the settings: a job gets its slice and nothing else.

Snakemake compares a job's slice with the one of its last run, so a key that a stage does not
read cannot make it run again. A slice travels on the command line as canonical JSON.
"""

import json
from dataclasses import asdict
from typing import Any, TypeVar

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probesteer.errors import ProbesteerError
from probesteer.files.digests import canonical_json
from probesteer.settings.schema import Settings
from probesteer.settings.slices.directions import (
    CosinesSlice,
    DirectionsSlice,
    GradientsSlice,
)
from probesteer.settings.slices.drift import DriftSlice, ShiftsSlice
from probesteer.settings.slices.geometry import (
    ArithmeticSlice,
    ComponentsSlice,
    DictionariesSlice,
    InstrumentsSlice,
    PolytopesSlice,
    SuperpositionSlice,
    ToysSlice,
)
from probesteer.settings.slices.probes import (
    PositionsSlice,
    ProbesSlice,
    SignificanceSlice,
    TransferSlice,
)
from probesteer.settings.slices.reading import (
    ActivationsSlice,
    DatasetSlice,
    ExamplesSlice,
    FetchSlice,
)
from probesteer.settings.slices.showing import (
    FiguresSlice,
    ReportSlice,
)
from probesteer.settings.slices.steering import (
    EntanglementSlice,
    ScaleSlice,
    SteerabilitySlice,
    SteeringSlice,
)

Slice = TypeVar("Slice")

SLICES: dict[str, Any] = {
    "fetch": FetchSlice,
    "dataset": DatasetSlice,
    "examples": ExamplesSlice,
    "activations": ActivationsSlice,
    "probes": ProbesSlice,
    "positions": PositionsSlice,
    "transfer": TransferSlice,
    "significance": SignificanceSlice,
    "gradients": GradientsSlice,
    "directions": DirectionsSlice,
    "cosines": CosinesSlice,
    "steering": SteeringSlice,
    "scale": ScaleSlice,
    "entanglement": EntanglementSlice,
    "steerability": SteerabilitySlice,
    "toys": ToysSlice,
    "instruments": InstrumentsSlice,
    "superposition": SuperpositionSlice,
    "polytopes": PolytopesSlice,
    "components": ComponentsSlice,
    "dictionaries": DictionariesSlice,
    "arithmetic": ArithmeticSlice,
    "drift": DriftSlice,
    "shifts": ShiftsSlice,
    "figures": FiguresSlice,
    "report": ReportSlice,
}
"""The slice of each stage; one that is not named here reads that of another."""


def stage_slice(
    stage: str, settings: Settings, model: str = "", concept: str = "", shard: int | None = None
) -> Any:
    """The slice that `stage` reads, for one model and concept where it has them.

    shard: of activations, the one that a job reads; None: all examples.

    Raises KeyError for a stage that has no slice.
    """
    of_shard = {} if shard is None else {"shard": shard}
    return SLICES[stage].of(settings, model, concept, **of_shard)


def to_json(stage_settings: Any) -> str:
    """The canonical JSON of a slice: equal settings give equal text."""
    return canonical_json(asdict(stage_settings))


def from_json(kind: type[Slice], text: str) -> Slice:
    """Build a slice of type `kind` from its JSON; OmegaConf checks keys and types.

    Raises ProbesteerError where the text is no slice of this type.
    """
    try:
        schema = OmegaConf.structured(kind)
        OmegaConf.set_readonly(schema, False)  # a frozen dataclass gives a schema that is
        typed = OmegaConf.merge(schema, json.loads(text))
        built = OmegaConf.to_object(typed)
    except (OmegaConfBaseException, ValueError, TypeError) as fault:
        first = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise ProbesteerError(f"settings: no {kind.__name__}: {first}; see --settings") from fault
    assert isinstance(built, kind)
    return built
