"""`python -m probesteer STAGE …`: run one stage, as the workflow's rules do, or a command."""

import atexit
import gc
import sys

from probesteer.commands.command_line import main


def collect_garbage_rarely() -> None:
    """Look for cycles of objects seldom, and not at exit: a stage's process is short.

    Importing torch and transformers makes a million objects that live until the end. To search
    them for garbage again and again, and once more at exit, takes 40 % of a small stage's time.
    """
    gc.set_threshold(100_000, 50, 20)
    atexit.register(gc.freeze)


if __name__ == "__main__":
    collect_garbage_rarely()
    sys.exit(main(sys.argv[1:]))
