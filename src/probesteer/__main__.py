"""`python -m probesteer STAGE …`: run one stage; the workflow's rules call nothing else."""

import sys

from probesteer.stages.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
