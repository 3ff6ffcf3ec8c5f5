"""What the stages that read data and models are told of the settings."""

from dataclasses import dataclass, field, replace
from typing import Self

from probesteer.settings.schema import (
    ActivationSettings,
    ChatSettings,
    ConceptSettings,
    DatasetSettings,
    ModelSettings,
    Settings,
    SplitSettings,
)


def columns_of(concept: ConceptSettings) -> dict[str, str]:
    """What the columns of the examples are called; a data set may have names of its own."""
    return {**concept.columns, **concept.dataset.columns}


@dataclass
class FetchSlice:
    """Where a model comes from."""

    name: str
    model: ModelSettings = field(default_factory=ModelSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        """How a model is loaded doesn't change its files."""
        chosen = settings.model[model]
        of_source = ("path", "hub", "revision", "trust_remote_code", "allow_pickle_weights")
        return cls(model, ModelSettings(**{key: getattr(chosen, key) for key in of_source}))


@dataclass
class DatasetSlice:
    """Where a concept's examples come from."""

    concept: str
    dataset: DatasetSettings = field(default_factory=DatasetSettings)

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        """What its columns are called doesn't change its rows."""
        return cls(concept, replace(settings.concept[concept].dataset, columns={}))


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

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str) -> Self:
        asked, probe = settings.concept[concept], settings.probe
        messages = asked.chat.messages
        return cls(
            asked.position,
            probe.folds,
            probe.resplits,
            settings.seed,
            settings.split,
            columns_of(asked),
            asked.columns,
            messages or asked.chat.user is not None,
            messages,
            asked.kind,
            len(asked.labels),
        )


@dataclass
class ActivationsSlice:
    """What is read from a model for a concept, or the part of it that one job reads."""

    position: str
    model: ModelSettings = field(default_factory=ModelSettings)
    activations: ActivationSettings = field(default_factory=ActivationSettings)
    columns: dict[str, str] = field(default_factory=dict)
    chat: ChatSettings = field(default_factory=ChatSettings)
    shard: int = 0  # which of `activations.shards`

    @classmethod
    def of(cls, settings: Settings, model: str, concept: str, shard: int | None = None) -> Self:
        """shard: the one that a job reads; None: all, which doesn't depend on their number."""
        asked, activations = settings.concept[concept], settings.activations
        if shard is None:
            activations = replace(activations, shards=1)
        # A model that is only compared with another needs no baseline.
        untrained = activations.untrained and model in settings.models
        activations = replace(activations, untrained=untrained)
        columns, loaded = columns_of(asked), settings.model[model]
        return cls(asked.position, loaded, activations, columns, asked.chat, shard or 0)
