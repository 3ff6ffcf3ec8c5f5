"""The dtype in which operators compute."""

import torch
from torch import Tensor


def widened(x: Tensor) -> Tensor:
    """x in float32, or as it is where that is more.

    A projection that is summed in half precision would leave a part of what it removes.
    """
    return x.to(torch.promote_types(x.dtype, torch.float32))
