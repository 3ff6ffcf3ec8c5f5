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
from probesteer.settings.directions_slices import OF_DIRECTIONS, directions_slice
from probesteer.settings.geometry_slices import geometry_slice
from probesteer.settings.schema import (
    ActivationSettings,
    AskedSettings,
    ChatSettings,
    ConceptSettings,
    DatasetSettings,
    ModelSettings,
    OperatorsSettings,
    PlotSettings,
    ProbeSettings,
    SampleSettings,
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
    resplits: int
    seed: int
    split: SplitSettings = field(default_factory=SplitSettings)
    columns: dict[str, str] = field(default_factory=dict)
    prompt_columns: dict[str, str] = field(default_factory=dict)
    chat: bool = False  # texts will be rendered by a chat template
    messages: bool = False  # they are whole conversations
    kind: str = "binary"
    classes: int = 2


@dataclass
class DatasetSlice:
    """Where a concept's examples come from."""

    concept: str
    dataset: DatasetSettings = field(default_factory=DatasetSettings)


@dataclass
class ActivationsSlice:
    """What is read from a model for a concept, or the part of it that one job reads."""

    position: str
    model: ModelSettings = field(default_factory=ModelSettings)
    activations: ActivationSettings = field(default_factory=ActivationSettings)
    columns: dict[str, str] = field(default_factory=dict)
    chat: ChatSettings = field(default_factory=ChatSettings)
    shard: int = 0  # which of `activations.shards`


@dataclass
class ProbesSlice:
    """How probes are fitted and judged."""

    model: str
    concept: str
    seed: int
    kind: str = "binary"
    probe: ProbeSettings = field(default_factory=ProbeSettings)


@dataclass
class PositionsSlice:
    """How the probes of a window of tokens are fitted."""

    model: str
    concept: str
    seed: int
    window: int
    probe: ProbeSettings = field(default_factory=ProbeSettings)


@dataclass
class TransferSlice:
    """Whose probes are tried on whose examples."""

    model: str
    seed: int
    bootstrap_draws: int
    families: dict[str, str] = field(default_factory=dict)  # of every concept, in their order


@dataclass
class SignificanceSlice:
    """Whose p-values are corrected together."""

    model: str


@dataclass
class SteeringSlice:
    """The dose-response grid on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)
    asked: AskedSettings = field(default_factory=AskedSettings)


@dataclass
class EntanglementSlice:
    """How far each concept's direction moves the others, on one model."""

    name: str
    seed: int
    concepts: list[str]
    model: ModelSettings = field(default_factory=ModelSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    chats: dict[str, ChatSettings] = field(default_factory=dict)  # by concept


@dataclass
class ScaleSlice:
    """The fine range of strengths and factors on one model."""

    name: str
    concept: str
    seed: int
    model: ModelSettings = field(default_factory=ModelSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    chat: ChatSettings = field(default_factory=ChatSettings)


@dataclass
class SteerabilitySlice:
    """How the slopes of a model's prompts are taken."""

    model: str
    seed: int
    slope_range: float
    bootstrap_draws: int


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
        of_model = ModelSettings(**{key: getattr(chosen, key) for key in of_source})
        return FetchSlice(model, of_model)
    if stage == "examples":
        asked = settings.concept[concept]
        counts = (settings.probe.folds, settings.probe.resplits)
        read = (asked.position, *counts, settings.seed, settings.split)
        columns, messages = (_of_examples(asked), asked.columns), asked.chat.messages
        turns = (messages or asked.chat.user is not None, messages)
        return ExamplesSlice(*read, *columns, *turns, asked.kind, len(asked.labels))
    if stage == "dataset":
        # What its columns are called doesn't change its rows.
        return DatasetSlice(concept, replace(settings.concept[concept].dataset, columns={}))
    if stage == "activations":
        asked = settings.concept[concept]
        # What is stored doesn't depend on how many jobs it is divided among.
        activations = settings.activations
        if shard is None:
            activations = replace(activations, shards=1)
        data = (_of_examples(asked), asked.chat)
        source = (asked.position, settings.model[model], activations, *data)
        return ActivationsSlice(*source, shard or 0)
    if stage == "probes":
        kind = settings.concept[concept].kind
        return ProbesSlice(model, concept, settings.seed, kind, settings.probe)
    if stage == "positions":
        window = settings.concept[concept].window
        return PositionsSlice(model, concept, settings.seed, window, settings.probe)
    if stage == "transfer":
        # A concept without a family is one of its own.
        families = {name: settings.concept[name].family or name for name in settings.concepts}
        return TransferSlice(model, settings.seed, settings.probe.bootstrap_draws, families)
    if stage == "significance":
        return SignificanceSlice(model)
    if stage in OF_DIRECTIONS:
        return directions_slice(stage, settings, model, concept)
    if stage == "steering":
        names, of_concept = (model, concept, settings.seed), settings.concept[concept]
        steering = replace(settings.steering, entanglement=[])
        words = of_concept.chat, of_concept.asked
        return SteeringSlice(*names, settings.model[model], steering, *words)
    if stage == "entanglement":
        unread: dict[str, Any] = {
            "samples": SampleSettings(),
            "readout": [],
            "operators": OperatorsSettings(),
        }
        steering = replace(settings.steering, **unread)
        chats = {name: settings.concept[name].chat for name in settings.concepts}
        loaded = settings.model[model]
        return EntanglementSlice(model, settings.seed, settings.concepts, loaded, steering, chats)
    if stage == "scale":
        names, chat = (model, concept, settings.seed), settings.concept[concept].chat
        return ScaleSlice(*names, settings.model[model], settings.scale, chat)
    if stage == "steerability":
        return SteerabilitySlice(
            model, settings.seed, settings.scale.slope_range, settings.scale.bootstrap_draws
        )
    if stage == "figures":
        return FiguresSlice(model, settings.plot)
    if stage == "report":
        return ReportSlice(settings)
    return geometry_slice(stage, settings, model, concept)


def _of_examples(concept: ConceptSettings) -> dict[str, str]:
    """What the columns of the examples are called; a data set may have names of its own."""
    return {**concept.columns, **concept.dataset.columns}


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
