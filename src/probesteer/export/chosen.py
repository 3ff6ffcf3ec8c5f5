"""Which direction is meant: of which model and concept, at which place, of which method."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probesteer.directions.direction import Direction
from probesteer.directions.storage import read_directions
from probesteer.errors import ProbesteerError
from probesteer.files.tables import read_table
from probesteer.files.tensors import read_metadata
from probesteer.places import EMBEDDING, Place
from probesteer.report.findings import findings_of

_FILE = "directions.safetensors"


@dataclass(frozen=True)
class DirectionsFile:
    """The directions of one concept in one model."""

    path: Path
    model: str  # the settings' name; empty where the file doesn't tell
    concept: str
    directions: list[Direction]
    provenance: dict[str, Any]

    @property
    def blocks(self) -> int:
        """Blocks of the model, as far as there are directions at them."""
        return 1 + max(direction.place.layer for direction in self.directions)


def open_directions(
    source: str | Path, model: str | None = None, concept: str | None = None
) -> DirectionsFile:
    """The directions in a file, or those of a model and concept in an experiment's results.

    source: `directions.safetensors`, or a folder such as `results/quickstart`. model, concept:
    needed where the folder has several.
    Raises ProbesteerError where there is no such file, or more than one.
    """
    given = Path(source)
    path = _found(given, model, concept) if given.is_dir() else given
    directions, metadata = read_directions(path), read_metadata(path)
    if not directions:
        raise ProbesteerError(f"{path}: holds no directions; run the stage that makes it")
    provenance = dict(metadata.get("provenance") or {})
    named = provenance.get("settings") or {}
    return DirectionsFile(
        path, str(named.get("model", "")), str(named.get("concept", "")), directions, provenance
    )


def _found(folder: Path, model: str | None, concept: str | None) -> Path:
    there = sorted((folder / "tables").glob(f"*/*/{_FILE}"))
    if not there:
        raise ProbesteerError(f"{folder}: has no tables/MODEL/CONCEPT/{_FILE}; run it to its end")
    kept = [
        path
        for path in there
        if model in (None, path.parent.parent.name) and concept in (None, path.parent.name)
    ]
    if len(kept) == 1:
        return kept[0]
    pairs = ", ".join(f"{path.parent.parent.name}/{path.parent.name}" for path in kept or there)
    wanted = "several have directions" if kept else "no such model and concept"
    raise ProbesteerError(f"{folder}: {wanted}; choose --model and --concept from {pairs}")


def finding_place(path: Path) -> Place:
    """Where the report's finding says that the concept steers, chosen on validation prompts.

    path: of the directions; the tables lie beside it.
    Raises ProbesteerError where they don't, or where no place was chosen.
    """
    tables = {}
    for name in ("probes", "steering"):
        table = path.with_name(f"{name}.parquet")
        if not table.is_file():
            raise ProbesteerError(
                f"{path}: no {table.name} beside it from which a layer is chosen; give --layer"
            )
        tables[name] = read_table(table)
    place = findings_of(tables)[0].steer_place
    if place is None:
        raise ProbesteerError(f"{path}: the report chooses no layer to steer at; give --layer")
    return place


def place_of_layer(layer: int, site: str = "resid_post") -> Place:
    """The place of a layer as settings count them: -1 is the embedding."""
    return EMBEDDING if layer == -1 else Place(site, layer)


def direction_at(
    directions: Sequence[Direction], place: Place, method: str, path: Path
) -> Direction:
    """The direction of `method` at `place`, the first of several draws.

    Raises ProbesteerError, naming `path`, where there is none.
    """
    found = [one for one in directions if (one.place, one.method) == (place, method)]
    if found:
        return found[0]
    methods = dict.fromkeys(one.method for one in directions if one.place == place)
    if methods:
        there = f"there are {', '.join(methods)}"
    else:
        stems = dict.fromkeys(one.place.stem for one in directions)
        there = f"there are directions at {', '.join(stems)}"
    raise ProbesteerError(f"{path}: no {method} at {place.stem}; {there}")
