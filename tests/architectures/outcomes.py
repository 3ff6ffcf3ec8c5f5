"""What becomes of an architecture: built, blocks found, sites found, contract held."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.models.blocks import find_blocks
from probesteer.models.contract import prove_sites
from probesteer.models.inputs import Inputs, TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.places import SITES, Place
from tests.architectures.entries import Entry, build, inputs


@dataclass(frozen=True)
class Outcome:
    """The last step that an architecture reached."""

    entry: Entry
    built: bool
    passed: bool
    blocks: int = 0
    sites: tuple[str, ...] = ()  # those that one block has at least
    reason: str = ""  # why it wasn't built, or didn't pass


class PadId:
    """All that the contract asks of a tokenizer."""

    pad_token_id = 0


class ImageTensors:
    """Images that are tensors already."""

    def __init__(self, images: Sequence[Tensor]) -> None:
        self._images = images

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.ones(len(self._images), dtype=np.int64)

    def batch(self, loaded: LoadedModel, examples: Sequence[int]) -> dict[str, Any]:
        return {"pixel_values": torch.stack([self._images[example] for example in examples])}

    def of(self, examples: NDArray[np.int64]) -> "ImageTensors":
        return ImageTensors([self._images[example] for example in examples])

    def padded_to(self, examples: NDArray[np.int64]) -> int | None:
        return None

    def bags(self) -> Sequence[NDArray[np.int64]]:
        return []

    def probes(self) -> "ImageTensors":
        return self


def outcome(entry: Entry) -> Outcome:
    """Build a tiny model and prove all sites that its blocks have."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            model = build(entry)
            examples = inputs(entry, model)
    # Whatever a model's code raises with these sizes is the reason.
    except Exception as fault:
        return Outcome(entry, built=False, passed=False, reason=_first_line(fault))
    given: Inputs
    if entry.kind == "image":
        given = ImageTensors(examples)
    else:
        given = TextInputs([example.numpy() for example in examples])
    try:
        blocks = find_blocks(model)
        device = torch.device("cpu")
        loaded = LoadedModel(entry.model_type, model, PadId(), blocks, device, entry.kind)
        with torch.no_grad():
            loaded.run_blocks(given.batch(loaded, [0, 1]))
    except ProbesteerError as fault:
        return Outcome(entry, built=True, passed=False, reason=_first_line(fault))
    except Exception as fault:
        return Outcome(entry, built=False, passed=False, reason=f"forward: {_first_line(fault)}")
    places: list[Place] = []
    try:
        places = places_of_all_parts(loaded)
        prove_sites(loaded, places, given)
    except Exception as fault:
        return Outcome(entry, True, False, len(blocks), _sites(places), _first_line(fault))
    return Outcome(entry, True, True, len(blocks), _sites(places))


def places_of_all_parts(loaded: LoadedModel) -> list[Place]:
    """Every site that a block has, block by block."""
    places = []
    for layer, parts in enumerate(loaded.blocks.parts):
        has = {
            "resid_pre": True,
            "head": parts.attention_output is not None,
            "attn_out": parts.attention_output is not None,
            "resid_mid": parts.middle is not None,
            "mlp_act": parts.neurons is not None,
            "mlp_out": parts.mlp_output is not None,
            "resid_post": True,
        }
        places += [Place(site, layer) for site in SITES if has[site]]
    return places


def _sites(places: Sequence[Place]) -> tuple[str, ...]:
    found = {place.site for place in places}
    return tuple(site for site in SITES if site in found)


def _first_line(fault: Exception) -> str:
    lines = str(fault).strip().splitlines()
    said = lines[0] if lines else ""
    return said if isinstance(fault, ProbesteerError) else f"{type(fault).__name__}: {said}"[:200]
