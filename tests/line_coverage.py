"""Which share of the lines of `src/` the tests ran; status 1 where it is too small.

slipcover -m pytest writes what this reads: `python -m tests.line_coverage .coverage --least 90`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHOWN = 10


def percent(ran: int, missed: int) -> float:
    """Lines that ran, of all; 100 of a file without lines."""
    return 100 * ran / (ran + missed) if ran + missed else 100.0


def report(files: Mapping[str, Mapping[str, Any]]) -> tuple[float, list[str]]:
    """The share of all lines in percent, and a line for each of the least covered files.

    files: by path, with the numbers of the lines in `executed_lines` and `missing_lines`.
    """
    counted = {
        path: (len(lines["executed_lines"]), len(lines["missing_lines"]))
        for path, lines in files.items()
    }
    total = percent(
        sum(ran for ran, _ in counted.values()), sum(missed for _, missed in counted.values())
    )
    least = sorted(counted, key=lambda path: (percent(*counted[path]), path))
    shown = [
        f"{percent(*counted[path]):5.1f} %  {path}: {counted[path][1]} lines never ran"
        for path in least[:SHOWN]
        if counted[path][1]
    ]
    return total, shown


def main(arguments: list[str]) -> int:
    """Print the share and the least covered files; 1 where it lies below `--least`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measured", type=Path)
    parser.add_argument("--least", type=float, default=0.0)
    asked = parser.parse_args(arguments)
    total, shown = report(json.loads(asked.measured.read_text())["files"])
    print("\n".join(shown))
    print(f"{total:.1f} % of the lines of src/ ran in tests; at least {asked.least:g} % must")
    return int(total < asked.least)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
