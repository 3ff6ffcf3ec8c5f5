"""Sparse autoencoders: an encoder that gives the codes at once, with three kinds of sparsity.

relu: an L1 penalty on the codes (Bricken et al. 2023, Towards Monosemanticity). topk: the k
largest pre-activations are kept, and atoms that have died are brought back by letting them explain
what is left over (Gao et al. 2024, arXiv 2406.04093). jumprelu: a threshold for every atom, learned
together with a penalty on their number (Rajamanoharan et al. 2024, arXiv 2407.14435).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from probesteer.errors import ProbesteerError
from probesteer.geometry.dictionaries.dictionary import (
    FloatArray,
    Rows,
    geometric_median,
    sample_of,
)
from probesteer.geometry.dictionaries.jump import active_above, jump_relu

Kind = Literal["relu", "topk", "jumprelu"]
KINDS: tuple[Kind, ...] = ("relu", "topk", "jumprelu")

# An atom that was active in none of so many steps counts as dead while training.
_DEAD_AFTER = 100
# Share of the loss that dead atoms' account of what is left over has (Gao et al.: 1/32).
_REVIVAL = 1 / 32
_START_THRESHOLD = 0.05
_ENCODED_AT_ONCE = 8_192


@dataclass
class AutoencoderSettings:
    """How an autoencoder is trained."""

    kind: Kind = "topk"
    atoms: int = 256
    active: int = 8
    """k of topk: codes that are not 0."""
    penalty: float = 0.3
    """Of relu: of the sum of codes. Of jumprelu: of their number, in the same units squared.
    Activations are scaled to a mean norm of 1 first."""
    steps: int = 3_000
    batch: int = 256
    rate: float = 3e-3
    """Of Adam, falling to 0 in a straight line over the last fifth of the steps."""


@dataclass(frozen=True, eq=False)
class SparseAutoencoder:
    """A trained autoencoder; codes are of activations in their own units."""

    kind: Kind
    atoms: FloatArray
    """[k, d], unit norm: the decoder."""
    offset: FloatArray
    """[d]."""
    encoder: FloatArray
    """[d, k]."""
    bias: FloatArray
    """[k], of the encoder, in units of activations."""
    threshold: FloatArray
    """[k], of jumprelu, in units of activations; else 0."""
    active: int
    """Of topk."""

    def encode(self, X: Rows) -> FloatArray:
        """Codes of X: [n, d] -> [n, k]."""
        parts = [np.zeros((0, len(self.atoms)))]
        for start in range(0, len(X), _ENCODED_AT_ONCE):
            rows = np.asarray(X[start : start + _ENCODED_AT_ONCE], dtype=np.float64)
            before = (rows - self.offset) @ self.encoder + self.bias
            parts.append(self._sparsify(before))
        return np.concatenate(parts)

    def _sparsify(self, before: FloatArray) -> FloatArray:
        if self.kind == "topk":
            return _largest(torch.from_numpy(before), self.active).numpy()
        return np.where(before > self.threshold, before, 0.0)


def fit_autoencoder(X: Rows, settings: AutoencoderSettings, seed: int) -> SparseAutoencoder:
    """Train an autoencoder on X: [n, d], which may be memory-mapped; batches are drawn at random.

    Raises ProbesteerError for an unknown kind, or more active atoms than there are.
    """
    _check(settings)
    sample = sample_of(X)
    offset = geometric_median(sample)
    scale = float(np.linalg.norm(sample - offset, axis=1).mean()) or 1.0
    net = _Net(X.shape[1], settings, seed)
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(net.parameters, lr=settings.rate, betas=(0.9, 0.999))
    for step in range(settings.steps):
        falling = min(1.0, 5 * (1 - step / settings.steps))
        for group in optimiser.param_groups:
            group["lr"] = settings.rate * falling
        chosen = torch.randint(0, len(X), (settings.batch,), generator=generator).numpy()
        batch = (np.asarray(X[np.sort(chosen)], dtype=np.float64) - offset) / scale
        # The penalty rises over the first third of the steps, before which atoms find features.
        rising = min(1.0, 3 * step / settings.steps)
        loss = net.loss(torch.from_numpy(batch).float(), rising * settings.penalty)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        net.keep_gradients_tangent()
        optimiser.step()
        net.normalise()
    return net.in_units_of(scale, offset)


def _check(settings: AutoencoderSettings) -> None:
    if settings.kind not in KINDS:
        raise ProbesteerError(
            f"autoencoder: kind {settings.kind!r} is unknown; choose one of {', '.join(KINDS)}"
        )
    if settings.kind == "topk" and not 0 < settings.active <= settings.atoms:
        raise ProbesteerError(
            f"autoencoder: {settings.active} of {settings.atoms} atoms can't be active; "
            "choose fewer"
        )


class _Net:
    """The parameters while they are trained, on activations of mean norm 1."""

    def __init__(self, d: int, settings: AutoencoderSettings, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        atoms = torch.randn(settings.atoms, d, generator=generator)
        self._settings = settings
        self._atoms = (atoms / atoms.norm(dim=1, keepdim=True)).requires_grad_()
        # The encoder starts as the decoder's transpose, which keeps atoms alive (Gao et al.).
        self._encoder = self._atoms.detach().T.clone().requires_grad_()
        self._bias = torch.zeros(settings.atoms, requires_grad=True)
        self._offset = torch.zeros(d, requires_grad=True)
        start = torch.full((settings.atoms,), _START_THRESHOLD)
        self._log_threshold = start.log().requires_grad_(settings.kind == "jumprelu")
        self._idle = torch.zeros(settings.atoms, dtype=torch.int64)

    @property
    def parameters(self) -> list[Tensor]:
        every = [self._atoms, self._encoder, self._bias, self._offset, self._log_threshold]
        return [parameter for parameter in every if parameter.requires_grad]

    def loss(self, x: Tensor, penalty: float) -> Tensor:
        """Squared error a row, and what the kind adds to it."""
        kind = self._settings.kind
        before = (x - self._offset) @ self._encoder + self._bias
        if kind == "topk":
            codes = _largest(before, self._settings.active)
        elif kind == "relu":
            codes = torch.relu(before)
        else:
            codes = jump_relu(before, self._log_threshold.exp())
        left = x - self._offset - codes @ self._atoms
        loss: Tensor = (left**2).sum(dim=1).mean()
        if kind == "relu":
            loss = loss + penalty * codes.sum(dim=1).mean()
        elif kind == "jumprelu":
            number = active_above(before, self._log_threshold.exp()).sum(dim=1).mean()
            loss = loss + penalty**2 * number
        else:
            loss = loss + self._revival(before, codes, left.detach())
        return loss

    def _revival(self, before: Tensor, codes: Tensor, left: Tensor) -> Tensor:
        """The error with which dead atoms alone explain what is left over."""
        self._idle = torch.where((codes > 0).any(dim=0), 0, self._idle + 1)
        dead = self._idle > _DEAD_AFTER
        if not bool(dead.any()):
            return left.new_zeros(())
        most = min(int(dead.sum()), self._settings.active)
        revived = _largest(before[:, dead], most) @ self._atoms[dead]
        share: Tensor = _REVIVAL * ((left - revived) ** 2).sum(dim=1).mean()
        return share

    def keep_gradients_tangent(self) -> None:
        """Without the part along an atom, which normalising would undo (Bricken et al.)."""
        atoms, gradient = self._atoms.detach(), self._atoms.grad
        assert gradient is not None
        gradient -= (gradient * atoms).sum(dim=1, keepdim=True) * atoms

    @torch.no_grad()
    def normalise(self) -> None:
        """Atoms of unit norm."""
        self._atoms /= self._atoms.norm(dim=1, keepdim=True)

    def in_units_of(self, scale: float, offset: FloatArray) -> SparseAutoencoder:
        """The same for activations x = scale * (what it was trained on) + offset."""
        whole = [
            tensor.detach().double().numpy()
            for tensor in (self._atoms, self._offset, self._encoder, self._bias)
        ]
        atoms, own_offset, encoder, bias = whole
        threshold = np.zeros(len(atoms))
        if self._settings.kind == "jumprelu":
            threshold = self._log_threshold.detach().double().exp().numpy() * scale
        return SparseAutoencoder(
            self._settings.kind,
            atoms / np.linalg.norm(atoms, axis=1, keepdims=True),
            offset + scale * own_offset,
            encoder,
            bias * scale,
            threshold,
            self._settings.active,
        )


def _largest(before: Tensor, k: int) -> Tensor:
    """The k largest of each row where they are positive, the others 0."""
    values, chosen = before.topk(k, dim=1)
    return torch.zeros_like(before).scatter(1, chosen, torch.relu(values))
