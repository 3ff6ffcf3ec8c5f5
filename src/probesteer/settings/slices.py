"""What each stage reads of the settings: a job gets its slice and nothing else.

Snakemake compares a job's slice with the one of its last run, so a key that a stage does not
read cannot make it run again. A slice travels on the command line as canonical JSON.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from probesteer.errors import ProbesteerError
from probesteer.files.digests import canonical_json
from probesteer.settings.schema import (
    ActivationSettings,
    DirectionSettings,
    ModelSettings,
    PlotSettings,
    ProbeSettings,
    ScaleSettings,
    Settings,
    SplitSettings,
    SteeringSettings,
)

Slice = TypeVar("Slice")


@dataclass
class FetchSlice:
    """Where a model comes from."""

    name: str
    model: ModelSettings = field(default_factory=ModelSettings)


@dataclass
class ExamplesSlice:
    """How a concept's rows are split, and where they are read."""

    position: str
    folds: int
    seed: int
    split: SplitSettings = field(default_factory=SplitSettings)


@dataclass
class ActivationsSlice:
    """What is read from a model for a concept, or the part of it that one job reads."""

    position: str
    model: ModelSettings = field(default_factory=ModelSettings)
    activations: ActivationSettings = field(default_factory=ActivationSettings)
    shard: int = 0  # which of `activations.shards`


@dataclass
class ProbesSlice:
    """How probes are fitted and judged."""

    model: str
    concept: str
    seed: int
    probe: ProbeSettings = field(default_factory=ProbeSettings)


@dataclass
class DirectionsSlice:
    """Which directions are derived."""

    model: str
    concept: str
    seed: int
    directions: DirectionSettings = field(default_factory=DirectionSettings)


@dataclass
class CosinesSlice:
    """Whose directions are compared."""

    model: str
    concepts: list[str]


@dataclass
class SteeringSlice:
    """The dose-response grid on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)


@dataclass
class ScaleSlice:
    """The fine range of strengths and factors on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)


@dataclass
class FiguresSlice:
    """Look of the figures of one model."""

    model: str
    plot: PlotSettings = field(default_factory=PlotSettings)


@dataclass
class ReportSlice:
    """The whole settings: the report shows them."""

    settings: Settings = field(default_factory=Settings)


def stage_slice(
    stage: str, settings: Settings, model: str = "", concept: str = "", shard: int | None = None
) -> Any:
    """The slice that `stage` reads, for one model and concept where it has them.

    shard: of activations, the one that a job reads; None: all examples.

    Raises KeyError for a stage that has no slice.
    """
    if stage == "fetch":
        # How a model is loaded doesn't change its files.
        chosen = settings.model[model]
        of_source = ("path", "hub", "revision", "trust_remote_code", "allow_pickle_weights")
        source = ModelSettings(**{key: getattr(chosen, key) for key in of_source})
        return FetchSlice(model, source)
    if stage == "examples":
        position = settings.concept[concept].position
        return ExamplesSlice(position, settings.probe.folds, settings.seed, settings.split)
    if stage == "activations":
        position = settings.concept[concept].position
        # What is stored doesn't depend on how many jobs it is divided among.
        asked, whole = settings.activations, replace(settings.activations, shards=1)
        if shard is None:
            return ActivationsSlice(position, settings.model[model], whole)
        return ActivationsSlice(position, settings.model[model], asked, shard)
    if stage == "probes":
        return ProbesSlice(model, concept, settings.seed, settings.probe)
    if stage == "directions":
        return DirectionsSlice(model, concept, settings.seed, settings.directions)
    if stage == "cosines":
        return CosinesSlice(model, settings.concepts)
    if stage == "steering":
        return SteeringSlice(
            model, concept, settings.seed, settings.model[model], settings.steering
        )
    if stage == "scale":
        return ScaleSlice(model, concept, settings.seed, settings.model[model], settings.scale)
    if stage == "figures":
        return FiguresSlice(model, settings.plot)
    if stage == "report":
        return ReportSlice(settings)
    raise KeyError(stage)


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
