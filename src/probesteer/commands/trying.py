"""`probesteer try`: print what a model writes after a prompt, steered beside unsteered."""

import json
import math
import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import replace

from probesteer.commands.arguments import Parser, add_choice, chosen_direction, numbers, whole
from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.export.chosen import DirectionsFile, open_directions
from probesteer.library.project import config_folder
from probesteer.settings.schema import ChatSettings

_NAMES = ("all", "last", "from_last", "generated")  # of `edited_tokens.POSITIONS`, without torch


def run(arguments: Sequence[str]) -> None:
    """Load the model, let it write at every strength and at 0 from one seed, and print.

    Raises ProbesteerError for bad input.
    """
    parser = Parser(prog="probesteer try", description=__doc__)
    add_choice(parser)
    parser.add_argument("--prompt", required=True, help="what the model goes on from")
    parser.add_argument("--strengths", default="-2,0,2", help="in units, between commas (-2,0,2)")
    parser.add_argument("--positions", default="from_last", choices=_NAMES, help="(from_last)")
    parser.add_argument("--tokens", default="40", help="most new tokens (40)")
    parser.add_argument("--temperature", default="0.7", help="0: the likeliest tokens (0.7)")
    parser.add_argument("--seed", default="0", help="of what is drawn (0)")
    parser.add_argument("--device", help="such as cpu or cuda:1; else as the model's YAML says")
    options = parser.read(arguments)
    strengths = sorted({*numbers("--strengths", options.strengths), 0.0})
    tokens, seed = whole("--tokens", options.tokens), whole("--seed", options.seed)
    (temperature,) = numbers("--temperature", options.temperature)[:1]
    if tokens < 1 or seed < 0 or not temperature >= 0 or not all(map(math.isfinite, strengths)):
        raise ProbesteerError(
            "probesteer try: --tokens from 1, --seed and --temperature from 0, finite --strengths"
        )
    # A model may also be given as a folder, which the results know under another name.
    known = options.model if (options.source / "tables" / str(options.model)).is_dir() else None
    opened = open_directions(options.source, known, options.concept)
    direction = chosen_direction(options, opened)
    # Only now, as a wrong option should be told without waiting for torch.
    from probesteer.export.continuations import steered_continuations
    from probesteer.library.loading import load

    device = {} if options.device is None else {"device": options.device}
    model = replace(load(options.model or opened.model, **device), chat=_chat(opened.concept))
    written = steered_continuations(
        model,
        _turn(options.prompt, model.chat),
        direction,
        strengths,
        options.unit,
        options.positions,
        tokens,
        temperature,
        seed,
    )
    print(_heading(opened, direction, options.unit, options.positions, options.layer == "auto"))
    print(f"\n{shown(options.prompt)}\n")
    for strength, text in zip(strengths, written, strict=True):
        print(_entry(strength, text))


def _heading(
    opened: DirectionsFile, direction: Direction, unit: str, positions: str, chosen: bool
) -> str:
    length = direction.length(1, unit)
    how = ", chosen on validation prompts" if chosen else ""
    return (
        f"{opened.model}, {opened.concept}: {direction.method} at {direction.place.label}{how}; "
        f"tokens: {positions}; 1 {unit} = {length:.3g}"
    )


def _entry(strength: float, text: str) -> str:
    """A strength, and the text beside it in as many lines as it needs."""
    width = max(40, shutil.get_terminal_size().columns)
    label = "unsteered" if strength == 0 else f"{strength:+g}"
    return textwrap.fill(
        shown(text), width, initial_indent=f"{label:>9}  ", subsequent_indent=" " * 11
    )


def shown(text: str) -> str:
    """Text on one line, in which nothing steers a terminal."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def _chat(concept: str) -> ChatSettings:
    """How the concept's YAML puts prompts to a model; as they are where there is none."""
    folder = config_folder()
    if folder is None or not (folder / "concept" / f"{concept}.yaml").is_file():
        return ChatSettings()
    from probesteer.settings.compose import compose_settings

    return compose_settings(folder, {"concept": concept}).concept[concept].chat


def _turn(prompt: str, chat: ChatSettings) -> str:
    """The prompt as the user's turn, where prompts are whole conversations."""
    return json.dumps([{"role": "user", "content": prompt}]) if chat.messages else prompt
