"""A concept's data, and the activations of its examples in a model."""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.activations.cache import ActivationCache, Request, open_cache
from probesteer.activations.extraction import fill_cache
from probesteer.activations.reading import Reading
from probesteer.activations.text_rows import text_rows
from probesteer.concepts.positions import parse_position
from probesteer.concepts.preparation import PreparedConcept, prepare_concept
from probesteer.errors import ProbesteerError
from probesteer.files.code import code_digest
from probesteer.files.digests import json_digest
from probesteer.library.loading import Model
from probesteer.library.project import config_folder
from probesteer.models.chat import is_chat, template_digest
from probesteer.models.sites import places_of
from probesteer.places import Place
from probesteer.settings.schema import ConceptSettings, SplitSettings

_FOLDS = 5


@dataclass(frozen=True)
class Concept:
    """A labelled concept: its settings, and its data with their splits."""

    name: str
    settings: ConceptSettings
    data: PreparedConcept
    seed: int

    @property
    def prompts(self) -> pd.DataFrame:
        """prompt, positive, negative, group, split."""
        return self.data.prompts


@dataclass(frozen=True, eq=False)
class Activations:
    """The activations of a concept's examples, and what is known of each row."""

    model: Model
    concept: Concept
    cache: ActivationCache
    rows: pd.DataFrame  # example, text, label, group, split, …: a row of activations each
    folder: Any  # kept as long as this is, where it is a temporary one

    @property
    def places(self) -> list[Place]:
        """From the embedding to the last block."""
        return self.cache.places

    def read(self, place: Place) -> NDArray[Any]:
        """The activations at a place, [n, d], memory-mapped."""
        return self.cache.read(place)


def concept(name: str, config: str | Path | None = None, seed: int = 0, **settings: Any) -> Concept:
    """Read a concept's data and split them, by group, into train, validation and test.

    name: a file of `config/concept`. Or any name, with settings: examples, prompts, neutral
    (files), position and other keys of `config/concept`, as in the README.
    config: the project's `config/`; without it, the nearest one from the working directory up.

    Raises ProbesteerError where the concept isn't there, is no binary contrast that is read from
    files, or its data have a fault.
    """
    chosen = _settings_of(name, config, settings)
    if chosen.dataset.name or chosen.kind != "binary":
        raise ProbesteerError(
            f"concept {name}: only files with labels 0 and 1 are read here; let the workflow "
            "read data sets and other labels"
        )
    shares = vars(SplitSettings())
    files = (Path(chosen.examples), Path(chosen.prompts), Path(chosen.neutral))
    data = prepare_concept(
        *files,
        dict(shares),
        seed,
        parse_position(chosen.position),
        columns=chosen.columns,
        prompt_columns=chosen.columns,
        chat=is_chat(chosen.chat),
        messages=chosen.chat.messages,
        folds=_FOLDS,
    )
    return Concept(name, chosen, data, seed)


def _settings_of(name: str, config: str | Path | None, settings: dict[str, Any]) -> ConceptSettings:
    if settings:
        try:
            given = ConceptSettings(**settings)
        except TypeError as fault:
            raise ProbesteerError(f"concept {name}: {fault}; see config/README.md") from fault
        missing = [key for key in ("examples", "prompts", "neutral") if not getattr(given, key)]
        if missing:
            raise ProbesteerError(f"concept {name}: no {missing[0]}; give that file too")
        for key in ("examples", "prompts", "neutral"):
            setattr(given, key, str(getattr(given, key)))
        return given
    folder = config_folder(config)
    if folder is None:
        raise ProbesteerError(
            f"concept {name}: there is no config/ here; give config=, or examples=, prompts= and "
            "neutral="
        )
    from probesteer.settings.compose import compose_settings

    return compose_settings(folder, {"concept": name}).concept[name]


def cache(
    model: Model,
    concept: Concept,
    folder: str | Path | None = None,
    sites: tuple[str, ...] = ("resid_post",),
    dtype: str = "float32",
    batch_tokens: int = 4096,
) -> Activations:
    """Read the activations of a concept's examples at every layer, from the embedding on.

    folder: where they are kept, shared by all that ask for the same, and taken up again after a
    stop; without it they go with the result. sites: of each block. That reading and writing
    mean the same tensor is proven first, as in the workflow.

    Raises ProbesteerError for a model of images, a site that it doesn't have, a text that it can't
    take, or an activation that is not finite.
    """
    if model.kind == "image":
        raise ProbesteerError(f"model {model.name}: images are read by the workflow alone")
    loaded = replace(model, chat=concept.settings.chat)
    keeper = tempfile.TemporaryDirectory(prefix="probesteer-") if folder is None else folder
    around = Path(keeper.name if isinstance(keeper, tempfile.TemporaryDirectory) else keeper)
    reading, texts = _reading(loaded, concept)
    request = Request(
        model=loaded.record.digest if loaded.record is not None else "",
        model_dtype=loaded.dtype,
        tokenizer=type(loaded.tokenizer).__name__,
        template=template_digest(loaded, loaded.chat),
        position=concept.settings.position,
        dtype=dtype,
        texts=texts,
        code=code_digest("probesteer.activations.extraction"),
    )
    inside = around / f"{model.name}-{concept.name}-{request.digest[:8]}"
    places = places_of(len(loaded.blocks), list(sites))
    fill_cache(loaded, reading, places, inside, request, batch_tokens, {})
    opened = open_cache(inside / "manifest.json")
    rows = concept.data.examples.iloc[opened.example].reset_index(drop=True)
    return Activations(loaded, concept, opened, rows, keeper)


def _reading(loaded: Model, concept: Concept) -> tuple[Reading, str]:
    """What is read, and the digest of the texts."""
    table, source = concept.data.examples, Path(concept.settings.examples)
    texts = table["text"].tolist()
    spans = [None if pd.isna(span) else str(span) for span in table["span"]]
    position, numbers = parse_position(concept.settings.position), range(1, len(texts) + 1)
    read = text_rows(loaded, texts, spans, position, loaded.chat, source, numbers)
    reading = Reading(read.inputs, read.rows, source, np.arange(len(texts)))
    return reading, json_digest([texts, spans])
