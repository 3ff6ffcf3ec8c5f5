"""`probesteer COMMAND …` and `python -m probesteer STAGE …`."""

import importlib
import sys
from collections.abc import Sequence

from probesteer.errors import ProbesteerError

# The module of this package behind each command.
COMMANDS = {"try": "trying", "export": "exporting", "verify": "verify"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, or a stage of the workflow. Returns the exit status: 1 after bad input."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if not given or given[0] not in COMMANDS:
        from probesteer.stages.command_line import main as run_stage

        if not given or given[0].startswith("-"):
            print(f"usage: probesteer {{{','.join(COMMANDS)}}} …", file=sys.stderr)
        return run_stage(given)
    try:
        importlib.import_module(f"probesteer.commands.{COMMANDS[given[0]]}").run(given[1:])
    except ProbesteerError as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    return 0
