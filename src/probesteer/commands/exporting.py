"""`probesteer export`: write directions as a GGUF control vector, or as safetensors."""

import json
from collections.abc import Sequence
from pathlib import Path

from probesteer.commands.arguments import Parser, add_choice, chosen_direction
from probesteer.directions.direction import Direction
from probesteer.directions.storage import write_directions
from probesteer.errors import ProbesteerError
from probesteer.export.chosen import DirectionsFile, open_directions
from probesteer.export.control_vectors import write_control_vector

_SUFFIXES = (".gguf", ".safetensors")


def run(arguments: Sequence[str]) -> None:
    """Write the chosen directions. Raises ProbesteerError for bad input."""
    parser = Parser(prog="probesteer export", description=__doc__)
    add_choice(parser)
    parser.add_argument("output", type=Path, help="a new file, .gguf or .safetensors")
    parser.add_argument("--model-type", help="for GGUF: model_type of its config, such as llama")
    options = parser.read(arguments)
    if options.output.suffix not in _SUFFIXES:
        raise ProbesteerError(f"{options.output}: unknown kind; write a .gguf or .safetensors file")
    opened = open_directions(options.source, options.model, options.concept)
    if options.layer == "all":
        directions = _everywhere(opened, options.method, options.site, options.output)
    else:
        directions = [chosen_direction(options, opened)]
    if options.output.suffix == ".safetensors":
        write_directions(options.output, directions, opened.provenance)
    else:
        model_type = options.model_type or _model_type(opened)
        origin = {"model": opened.model, "concept": opened.concept, **opened.provenance}
        write_control_vector(
            options.output, directions, opened.blocks, model_type, options.unit, origin
        )
    places = ", ".join(direction.place.stem for direction in directions)
    print(f"{options.output}: {options.method} of {opened.concept} in {opened.model} at {places}")


def _everywhere(opened: DirectionsFile, method: str, site: str, output: Path) -> list[Direction]:
    """Of one method, all at a site; of a control vector, all from block 1 on."""
    first = 1 if output.suffix == ".gguf" else 0
    found = [
        one
        for one in opened.directions
        if one.method == method and one.place.site == site and one.place.layer >= first
    ]
    if not found:
        raise ProbesteerError(
            f"{opened.path}: no {method} at {site}; choose another method or site"
        )
    return [one for one in found if one.draw == found[0].draw]


def _model_type(opened: DirectionsFile) -> str:
    """What the config of the model calls its type, found by the run's record of the model."""
    around = opened.path.resolve().parents
    results = next((folder for folder in around if (folder / "models").is_dir()), None)
    found = set()
    if results is not None:
        for record in sorted((results / "models").glob(f"{opened.model}-*/record.json")):
            folder = str(json.loads(record.read_text(encoding="utf-8")).get("folder", ""))
            config = results.parent / folder / "config.json"
            if config.is_file():
                found.add(json.loads(config.read_text(encoding="utf-8")).get("model_type"))
    if len(found) != 1 or None in found:
        raise ProbesteerError(
            f"{opened.path}: no record of a run beside it tells the type of model "
            f"{opened.model!r}; give --model-type, such as llama"
        )
    return str(found.pop())
