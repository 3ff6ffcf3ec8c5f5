"""Put caches together that several jobs have filled, each with consecutive examples."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from probesteer.activations.cache import (
    MANIFEST,
    NO_BASELINE,
    UNTRAINED,
    ActivationCache,
    Request,
    discard,
    has_layer,
    layer_file,
    layer_width,
    named_files,
    open_cache,
    write_manifest,
    write_tokens,
)
from probesteer.activations.partial_layer import PartialLayer, remove_partial
from probesteer.errors import ProbesteerError
from probesteer.progress import progress


def merge_caches(manifests: Sequence[Path], folder: Path) -> None:
    """Write to `folder` the cache of all examples, from those of its parts in order.

    The result is that of one job, apart from rounding, the cache inside it included. Layers that
    are there are left as they are.

    Raises ProbesteerError for parts of different requests, or a part whose file isn't whole.
    """
    parts = [open_cache(manifest) for manifest in manifests]
    contents = [json.loads(manifest.read_text(encoding="utf-8")) for manifest in manifests]
    for manifest, content in zip(manifests, contents, strict=True):
        if (content["request"], _names(content)) != (contents[0]["request"], _names(contents[0])):
            raise ProbesteerError(f"{manifest}: answers another request; delete it and run again")
    request, places = Request(**contents[0]["request"]), parts[0].places
    rows = sum(len(part.example) for part in parts)
    folder.mkdir(parents=True, exist_ok=True)
    for place in progress(places, "gathering"):
        if has_layer(folder, place, request):
            continue
        width = layer_width(layer_file(parts[0].folder, place))
        layer = PartialLayer(folder, place, request, rows, width)
        layer.prepare()
        first = 0
        for part in parts:
            if not has_layer(part.folder, place, request):
                raise ProbesteerError(
                    f"{layer_file(part.folder, place)}: missing, truncated or altered; "
                    "delete the manifest beside it and run again"
                )
            layer.copy(first, layer_file(part.folder, place))
            first += len(part.example)
        layer.finish()
    remove_partial(folder)
    columns = ("example", "token", "ids", "lengths")
    write_tokens(
        folder, {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    )
    details = {**_details(contents), "rows": rows}
    details["untrained"] = _merge_untrained(parts, contents, folder / UNTRAINED)
    write_manifest(folder, request, places, details)


def _merge_untrained(
    parts: Sequence[ActivationCache], contents: Sequence[dict[str, Any]], folder: Path
) -> dict[str, str | None]:
    """Merge the caches inside the parts; where one has none, the whole has none either."""
    inner = [part.untrained.folder / MANIFEST for part in parts if part.untrained is not None]
    if len(inner) == len(parts):
        merge_caches(inner, folder)
        return {"manifest": f"{UNTRAINED}/{MANIFEST}", "reason": None}
    discard(folder)
    reasons = [content["untrained"]["reason"] for content in contents]
    return {**NO_BASELINE, "reason": next((reason for reason in reasons if reason), None)}


def remove_part(manifest: Path) -> None:
    """Remove the files that a part's manifest names, which have been merged; not the manifest."""
    for path in named_files(manifest):
        path.unlink(missing_ok=True)
    discard(manifest.parent / UNTRAINED)


def _names(content: dict[str, Any]) -> list[str]:
    return [entry["file"] for entry in content["places"]]


def _details(contents: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What a manifest says besides the request, with the contract of the worst part."""
    own = ("request", "request_digest", "places")
    details = {key: value for key, value in contents[0].items() if key not in own}
    details["truncated"] = sum(content["truncated"] for content in contents)
    contracts = [content["contract"] for content in contents]
    details["contract"] = max(contracts, key=lambda contract: float(contract["batch_difference"]))
    return details
