"""The GPUs of this machine: how many there are, and a job's own where there are several."""

import errno
import itertools
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

_NAME = re.compile(r"\d+|(GPU|MIG)-\S+")


def visible_gpus() -> int:
    """How many GPUs a process that is started here can use; asked without loading torch.

    Those that CUDA_VISIBLE_DEVICES names, as CUDA reads it: up to the first name of none. Where it
    is unset those that nvidia-smi lists, and none where that is missing or finds no driver.
    """
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        names = (name.strip() for name in named.split(","))
        return len(list(itertools.takewhile(_NAME.fullmatch, names)))
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    listed = subprocess.run(
        [program, "-L"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return len(re.findall(r"^GPU \d+:", listed.stdout, re.MULTILINE))


def take_first_free(names: Sequence[str]) -> int:
    """The position of the first of `names` that no process holds; this one holds it to its end.

    0 where all are held: then it is shared. A name of Linux's abstract sockets belongs to one
    process at a time, leaves no file behind and is free again however the process ends.
    """
    for position, name in enumerate(names):
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0probesteer-gpu-{name}")
        except OSError as fault:
            holder.close()
            if fault.errno != errno.EADDRINUSE:
                raise
        else:
            holder.detach()  # open until the process ends
            return position
    return 0


@cache
def own_gpu() -> "torch.device":
    """The GPU that this process computes on, the same at every call; "cuda" means it from then on.

    Of several it is the first that no other process of this package has taken. Jobs that each use
    one, at most as many at a time as there are, so never meet on one while another is idle.
    """
    import torch

    device = torch.device("cuda")
    if torch.cuda.device_count() > 1:
        every = range(torch.cuda.device_count())
        names = [str(torch.cuda.get_device_properties(number).uuid) for number in every]
        device = torch.device("cuda", take_first_free(names))
        torch.cuda.set_device(device)
    return device
