"""Snakemake that looks at its jobs every second, and not at all while there is a file `hold`.

By itself it looks after 40 seconds at first and ten seconds later each time. Between two looks it
sleeps in one place, which is replaced here.
"""

import asyncio
import sys
from pathlib import Path

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import (  # type: ignore[import-untyped]
    RemoteExecutor,
)

HOLD = Path("hold")


async def sleep(_: RemoteExecutor) -> None:
    """Until the next look."""
    await asyncio.sleep(1)
    while HOLD.exists():
        await asyncio.sleep(0.1)


RemoteExecutor.sleep = sleep
sys.exit(main())
