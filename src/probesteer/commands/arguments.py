"""What the commands have in common: how they are told which direction is meant."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from probesteer.directions.direction import Direction
from probesteer.errors import ProbesteerError
from probesteer.export.chosen import DirectionsFile, direction_at, finding_place, place_of_layer

LENGTHS = ("gap", "sigma", "norm")


class Parser(argparse.ArgumentParser):
    """A parser that tells faults as everything here does, and takes values that begin with -."""

    def error(self, message: str) -> NoReturn:
        raise ProbesteerError(f"{self.prog}: {message}; see {self.prog} --help")

    def read(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse. What follows an option that takes a value is its value, also `-2,0,2`."""
        taking = {
            name
            for action in self._actions
            if action.nargs is None
            for name in action.option_strings
        }
        joined: list[str] = []
        waiting = list(arguments)
        while waiting:
            word = waiting.pop(0)
            joined.append(f"{word}={waiting.pop(0)}" if word in taking and waiting else word)
        return self.parse_args(joined)


def add_choice(parser: argparse.ArgumentParser) -> None:
    """The options that say which directions of a run are meant."""
    parser.add_argument(
        "source",
        type=Path,
        metavar="RESULTS_OR_DIRECTIONS",
        help="a folder such as results/quickstart, or a directions.safetensors",
    )
    parser.add_argument("--model", help="name of the model, where the results have several")
    parser.add_argument("--concept", help="name of the concept, where the results have several")
    parser.add_argument(
        "--layer",
        default="auto",
        help="a block, -1 for the embedding; auto: the place of the report's finding",
    )
    parser.add_argument("--site", default="resid_post", help="site at that block (resid_post)")
    parser.add_argument("--method", default="difference_of_means", help="(difference_of_means)")
    parser.add_argument("--unit", default="gap", choices=LENGTHS, help="of a strength (gap)")


def chosen_direction(options: argparse.Namespace, opened: DirectionsFile) -> Direction:
    """The direction that the options of `add_choice` name.

    Raises ProbesteerError for a layer that is no number, or where there is no such direction.
    """
    if options.layer == "auto":
        place = finding_place(opened.path)
    else:
        place = place_of_layer(whole("--layer", options.layer), options.site)
    return direction_at(opened.directions, place, options.method, opened.path)


def whole(option: str, text: str) -> int:
    """A whole number. Raises ProbesteerError for anything else."""
    try:
        return int(text)
    except ValueError as fault:
        raise ProbesteerError(f"{option}: {text!r} is no whole number") from fault


def numbers(option: str, text: str) -> list[float]:
    """Numbers between commas. Raises ProbesteerError for anything else."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as fault:
        raise ProbesteerError(f"{option}: {text!r} are no numbers; write -2,0,2") from fault
