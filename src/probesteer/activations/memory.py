"""Running out of memory, on a GPU or on the CPU."""

import re

import torch

# What torch's allocator for the CPU says; it has no type of error of its own.
_ON_CPU = re.compile("not enough memory|can't allocate memory")


class MemoryExhausted(Exception):
    """A batch was too large for the device."""

    def __init__(self, texts: int, longest: int) -> None:
        """texts: in the batch; longest: tokens of its longest."""
        super().__init__(f"{texts} texts of up to {longest} tokens")
        self.texts, self.longest = texts, longest

    @property
    def padded_tokens(self) -> int:
        """Tokens of the batch, padding included."""
        return self.texts * self.longest


def is_out_of_memory(fault: RuntimeError) -> bool:
    """True for an allocation that failed."""
    return isinstance(fault, torch.OutOfMemoryError) or bool(_ON_CPU.search(str(fault)))


def halved_below(batch_tokens: int, padded_tokens: int) -> int:
    """`batch_tokens` halved until it is less than a batch that was too large; at least 1."""
    while batch_tokens >= padded_tokens and batch_tokens > 1:
        batch_tokens //= 2
    return batch_tokens


def release_memory() -> None:
    """Give cached blocks back to the device, so that smaller batches find room in one piece."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
