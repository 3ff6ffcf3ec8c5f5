"""Fill the activation cache of one concept in one model."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from probesteer.activations.cache import Request
from probesteer.activations.extraction import fill_cache
from probesteer.activations.image_rows import image_rows
from probesteer.activations.reading import Reading
from probesteer.activations.text_rows import text_rows
from probesteer.concepts.faults import row_number
from probesteer.concepts.positions import parse_position
from probesteer.concepts.reading import read_examples
from probesteer.files.digests import file_digest, json_digest
from probesteer.models.chat import template_digest
from probesteer.models.inputs import Inputs, read_images
from probesteer.models.loading import load_model
from probesteer.models.record import read_record
from probesteer.models.sites import places_of
from probesteer.settings.slices.reading import ActivationsSlice
from probesteer.stages.interface import InputPath, OutputPath


def run(
    settings: ActivationsSlice,
    provenance: dict[str, Any],
    *,
    record: InputPath,
    examples: InputPath,
    manifest: OutputPath,
) -> None:
    """Write one file a layer beside the manifest, and the manifest last.

    In a folder beside them, where it is asked for, the same from the model without its training.

    examples: the concept's own file, so that experiments which split it differently share what
    is read from the model.
    """
    table = read_examples(examples, settings.columns, settings.chat.messages)
    texts = table["text"].tolist()
    model_record = read_record(record)
    loaded = load_model(model_record, settings.model)
    position = parse_position(settings.position)
    inputs: Inputs
    truncated = np.zeros(len(texts), dtype=bool)
    if loaded.kind == "image":
        inputs, digests = read_images(loaded, texts), [file_digest(Path(path)) for path in texts]
        rows = image_rows(position, len(texts))
    else:
        read = text_rows(
            loaded,
            texts,
            _spans(table),
            position,
            settings.chat,
            examples,
            [row_number(examples, example) for example in range(len(texts))],
            settings.activations.truncate,
        )
        inputs, rows, digests, truncated = read.inputs, read.rows, [], read.truncated
    request = Request(
        model=model_record.digest,
        model_dtype=settings.model.dtype,
        tokenizer=type(loaded.tokenizer).__name__,
        template=template_digest(loaded, settings.chat),
        position=settings.position,
        dtype=settings.activations.dtype,
        texts=json_digest([texts, _spans(table), digests]),
        code=provenance["code"],
    )
    places = places_of(len(loaded.blocks), settings.activations.sites)
    folder = Path(manifest).parent
    batch_tokens = settings.activations.batch_tokens
    origin = {"source": model_record.source, "revision": model_record.revision}
    reading = Reading(inputs, rows, examples, np.arange(len(texts)))
    if settings.activations.shards > 1:
        reading = reading.part(settings.shard, settings.activations.shards)
    cut = int(truncated[reading.examples].sum())
    untrained = settings.activations.untrained
    fill_cache(loaded, reading, places, folder, request, batch_tokens, origin, cut, untrained)


def _spans(table: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(span) else str(span) for span in table["span"]]
