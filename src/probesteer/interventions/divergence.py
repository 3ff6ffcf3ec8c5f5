"""How far edited predictions of the next token are from the unedited ones."""

import torch
from torch import Tensor

_RUN = 256


def kl_divergence(before: Tensor, after: Tensor) -> Tensor:
    """KL from the unedited to the edited next token, [batch, S], in nats.

    before: [batch, 1, vocabulary], after: [batch, S, vocabulary], log-probabilities. A token that
    the unedited model rules out, at -inf, adds nothing.
    """
    share, change = before.exp(), before - after
    expected = (change @ share.transpose(1, 2))[..., 0]
    if not bool(expected.isfinite().all()):
        expected = torch.where(share > 0, share * change, 0.0).sum(dim=-1)
    return expected.clamp_min(0)


def same_top(before: Tensor, after: Tensor) -> Tensor:
    """Whether the likeliest token stayed; after an overflow it did not.

    before: [batch, 1, …, vocabulary], after: [batch, S, …, vocabulary], log-probabilities ->
    [batch, S, …].
    """
    top = likeliest(after)  # of a NaN, where there is one
    stayed = (top == likeliest(before)) & ~after.gather(-1, top).isnan()
    return stayed[..., 0]


def likeliest(predicted: Tensor) -> Tensor:
    """The first of the largest along the vocabulary, as `argmax` gives it: [..., vocabulary] ->
    [..., 1].

    The largest of each run of words is found first, which takes a CPU a fraction of the time.
    """
    runs = predicted.shape[-1] // _RUN
    whole, rest = predicted[..., : runs * _RUN], predicted[..., runs * _RUN :]
    whole = whole.reshape(*predicted.shape[:-1], runs, _RUN)
    best = torch.cat([whole.amax(dim=-1), rest], dim=-1).argmax(dim=-1, keepdim=True)
    if not runs:
        return best
    run = best.clamp_max(runs - 1)
    inside = whole.gather(-2, run[..., None].expand(*run.shape, _RUN))[..., 0, :]
    within = run * _RUN + inside.argmax(dim=-1, keepdim=True)
    return torch.where(best < runs, within, best - runs + runs * _RUN)
