"""The networks that are compared: the trained one, and those whose boundaries mean nothing."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from probesteer.errors import ProbesteerError
from probesteer.models.loading import LoadedModel, load_model
from probesteer.models.record import ModelRecord
from probesteer.models.untrained import NotReinitialised, reinitialise
from probesteer.settings.schema import ModelSettings

_log = logging.getLogger(__name__)


def compared_networks(
    record: ModelRecord, settings: ModelSettings, shuffled: Sequence[Path]
) -> Iterator[tuple[str, LoadedModel]]:
    """By name, one after the other: trained, on shuffled labels too, and re-initialised, where it
    has such weights; the last takes the memory of the first.

    shuffled: the files of the second, all in one folder; none where there is no such network.
    Raises ProbesteerError where it is of another architecture.
    """
    loaded = load_model(record, settings)
    yield "trained", loaded
    if shuffled:
        folder = shuffled[0].parent
        other = load_model(replace(record, folder=str(folder)), settings)
        shapes = [
            {name: tuple(weights.shape) for name, weights in each.model.named_parameters()}
            for each in (loaded, other)
        ]
        if shapes[0] != shapes[1]:
            raise ProbesteerError(
                f"geometry.shuffled_labels: {folder} holds another architecture than model "
                f"{record.name}; name the same, trained on shuffled labels"
            )
        yield "shuffled", other
    try:
        reinitialise(loaded)
    except NotReinitialised as reason:
        _log.warning("no re-initialised network to compare with: %s", reason)
        return
    yield "reinitialised", loaded
