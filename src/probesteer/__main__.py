"""`python -m probesteer STAGE …`: run one stage, as the workflow's rules do, or a command."""

import sys

from probesteer.commands.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
