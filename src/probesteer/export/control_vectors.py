"""Directions as a GGUF control vector, which llama.cpp and repeng load.

What either does with `direction.N`:
- llama.cpp adds it to the output of block N, counted from 0, before block N + 1 reads it. No file
  may name block 0: its loader refuses the whole file, and nothing is ever added there
  (`common_control_vector_load_one` in common/common.cpp of github.com/ggml-org/llama.cpp;
  `llama_adapter_cvec::init` and `apply_to` in src/llama-adapter.cpp; the graph of every
  architecture calls `build_cvec(cur, il)` where the residual stream leaves block `il`).
- repeng adds it to the output of `model_layer_list(model)[N]`, counted from 0
  (`ControlModel.set_control` in repeng/control.py of github.com/vgel/repeng).

So N is the layer of our `resid_post`. Both push every token. (The files of llama.cpp's own
cvector-generator name what it computed from block i's output `direction.{i + 1}`, yet they are
added as said here.)
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.export.gguf_writing import write_gguf
from probesteer.files.digests import canonical_json

_STATISTICS = ("method", "gap", "sigma", "gap_in_sigmas", "mean_norm", "offset", "n")


def write_control_vector(
    path: str | Path,
    directions: Sequence[Direction],
    blocks: int,
    model_type: str,
    unit: str = "gap",
    origin: Mapping[str, Any] | None = None,
) -> None:
    """Write directions, one a block, so that strength 1 pushes by one `unit` at each.

    blocks: of the model; those from 1 on without a direction get zeros, as repeng wants a vector
    for each block that it controls. model_type: that of the model's config, such as "llama".
    unit: gap, sigma or norm. origin: any JSON, kept in the metadata beside the statistics.

    Raises ProbesteerError for a direction that is not at the output of a block from 1 on, or two
    at one block, or where there is none.
    """
    vectors = {block: np.zeros(0, dtype=np.float32) for block in range(1, blocks)}
    for direction in directions:
        place = direction.place
        if place.site != "resid_post" or not 1 <= place.layer < blocks:
            raise ProbesteerError(
                f"{path}: a control vector can't push at {place.stem}, only at the outputs of "
                f"blocks 1 to {blocks - 1} (resid_post); choose another layer"
            )
        if len(vectors[place.layer]):
            raise ProbesteerError(f"{path}: two directions at {place.stem}; choose one")
        vectors[place.layer] = direction.push(1, unit).astype(np.float32)
    if not directions:
        raise ProbesteerError(f"{path}: no direction to write; choose another layer or method")
    zero = np.zeros_like(directions[0].vector)
    tensors = {f"direction.{n}": vector if len(vector) else zero for n, vector in vectors.items()}
    write_gguf(
        Path(path), _metadata(directions, len(tensors), model_type, unit, origin or {}), tensors
    )


def _metadata(
    directions: Sequence[Direction],
    count: int,
    model_type: str,
    unit: str,
    origin: Mapping[str, Any],
) -> dict[str, str | int]:
    statistics = {
        str(direction.place.layer): {name: getattr(direction, name) for name in _STATISTICS}
        for direction in directions
    }
    each = " at each of them" if len(directions) > 1 else ""
    return {
        "general.architecture": "controlvector",
        "controlvector.model_hint": model_type,
        "controlvector.layer_count": count,
        "general.description": (
            f"strength 1 adds one {unit} towards label 1 to the output of block "
            f"{', '.join(statistics)}{each}; a gap is the difference of the class means"
        ),
        "probesteer.unit": unit,
        "probesteer.statistics": canonical_json(statistics),
        "probesteer.origin": canonical_json(origin),
    }
