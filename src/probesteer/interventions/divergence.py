"""How far edited predictions of the next token are from the unedited ones."""

import torch
from torch import Tensor


def kl_divergence(before: Tensor, after: Tensor, normaliser: Tensor) -> Tensor:
    """KL from the unedited to the edited next token, [batch, S], in nats.

    before: [batch, 1, vocabulary], after: [batch, S, vocabulary], logits; normaliser: [batch, S],
    log sum exp of `after`. With p the unedited probabilities and z the logits, the KL is
    log sum exp(z') - log sum exp(z) - p (z' - z): no second softmax over the vocabulary is made.
    A token that the unedited model rules out, at a logit of -inf, adds nothing.
    """
    before, after = before.float(), after.float()
    unedited = before.logsumexp(dim=-1)
    share = (before - unedited[..., None]).exp()
    change = after - before
    expected = (change @ share.transpose(1, 2))[..., 0]
    if not bool(expected.isfinite().all()):
        expected = torch.where(share > 0, share * change, 0.0).sum(dim=-1)
    return (normaliser - unedited - expected).clamp_min(0)


def same_top(before: Tensor, after: Tensor) -> Tensor:
    """Whether the likeliest token stayed; after an overflow it did not.

    before: [batch, 1, …, vocabulary], after: [batch, S, …, vocabulary], logits -> [batch, S, …].
    """
    top = after.argmax(dim=-1, keepdim=True)  # of a NaN, where there is one
    stayed = (top == before.argmax(dim=-1, keepdim=True)) & ~after.gather(-1, top).isnan()
    return stayed[..., 0]
