"""How fast many logistic probes are fitted together, against scikit-learn one after the other.

    python tests/benchmarks/bench_probes.py              # a minute or five, most of it scikit-learn
    python tests/benchmarks/bench_probes.py --small      # seconds
    python tests/benchmarks/bench_probes.py --device cuda
    python tests/benchmarks/bench_probes.py --streamed   # 1,000,000 x 1,024 from a file; memory

Both on all cores, in one run; ratios are what counts. Features are correlated, as activations are.
"""

import argparse
import resource
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from probesteer.probes.solver.batch import fit_logistic_batch
from probesteer.probes.solver.features import SharedFeatures

FOLDS = 5
PENALTIES = np.geomspace(1e-3, 10, 5)
NULLS = 20


def features(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    """Correlated features of different scales, [n, d]."""
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((d, d)) / np.sqrt(d)
    mixing *= np.geomspace(1, 0.02, d)[:, None]
    made: NDArray[np.float32] = (generator.standard_normal((n, d)) @ mixing).astype(np.float32)
    return made + generator.standard_normal(d).astype(np.float32)


def labels(X: NDArray[np.float32], seed: int = 1) -> NDArray[np.int64]:
    """A linear rule with noise of half its spread, [n]."""
    generator = np.random.default_rng(seed)
    rule = (X - X.mean(axis=0)) @ generator.standard_normal(X.shape[1])
    noisy = rule / rule.std() + 0.5 * generator.standard_normal(len(X))
    above: NDArray[np.int64] = (noisy > np.median(noisy)).astype(np.int64)
    return above


def problems(
    y: NDArray[np.int64], nulls: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Targets [p, n], penalties [p] and masks [p, n] of folds x penalties, and of nulls."""
    fold = np.arange(len(y)) % FOLDS
    masks = np.repeat([fold != number for number in range(FOLDS)], len(PENALTIES), axis=0)
    generator = np.random.default_rng(2)
    shuffled = [generator.permutation(y) for _ in range(nulls)]
    targets = np.concatenate([np.tile(y, (len(masks), 1)), np.reshape(shuffled, (nulls, len(y)))])
    return (
        targets,
        np.concatenate([np.tile(PENALTIES, FOLDS), np.full(nulls, 0.1)]),
        np.concatenate([masks.astype(float), np.ones((nulls, len(y)))]),
    )


def one_by_one(
    X: NDArray[np.float32],
    targets: NDArray[np.int64],
    penalties: NDArray[np.float64],
    masks: NDArray[np.float64],
) -> float:
    """Seconds of scikit-learn's lbfgs at tol 1e-4 on standardised features."""
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    start = time.perf_counter()
    for y, C, mask in zip(targets, penalties, masks, strict=True):
        chosen = mask > 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            LogisticRegression(C=C, tol=1e-4, max_iter=10_000).fit(Z[chosen], y[chosen])
    return time.perf_counter() - start


def together(X: Any, *batch: Any) -> tuple[float, bool]:
    """Seconds of a call, the preparation of the features included; whether all converged.

    The median of three: a call is so short that other work on the machine may double it.
    """
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        fits = fit_logistic_batch(X, *batch)
        seconds.append(time.perf_counter() - start)
    return float(np.median(seconds)), bool(fits.converged.all())


def compare(n: int, d: int) -> None:
    """Print the ratios of cross-validation, of nulls beside it, and of one cross-validated fit."""
    X = features(n, d)
    y = labels(X)
    together(X[:200, :50], *problems(y[:200], 0))  # loads what is loaded at the first call
    print(f"n = {n:,}, d = {d:,}")
    own_nulls, _ = together(X, *problems(y, NULLS))
    own, converged = together(X, *problems(y, 0))
    reference = one_by_one(X, *problems(y, 0))
    targets, penalties, masks = problems(y, NULLS)
    nulls = one_by_one(X, targets[-NULLS:], penalties[-NULLS:], masks[-NULLS:])
    print(f"{FOLDS} folds x {len(PENALTIES)} C, together     {own:8.2f} s  converged: {converged}")
    print(f"the same, scikit-learn lbfgs  {reference:8.2f} s  ({reference / own:.0f} x; goal 100)")
    print(
        f"with {NULLS} nulls                 {own_nulls:8.2f} s  "
        f"({(reference + nulls) / own_nulls:.0f} x)"
    )
    # The folds at one C and the fit on all rows: what one probe takes, whatever else there is.
    targets, penalties, masks = problems(y, 0)
    at_one = penalties == PENALTIES[2]
    single = (
        np.vstack([targets[at_one], y]),
        np.append(penalties[at_one], PENALTIES[2]),
        np.vstack([masks[at_one], np.ones(len(y))]),
    )
    own_single, _ = together(X, *single)
    ratio = one_by_one(X, *single) / own_single
    print(f"one fit with its {FOLDS} folds at one C {own_single:5.2f} s  ({ratio:.0f} x; goal 20)")


def on_device(device: str, n: int, d: int, layers: int, concepts: int) -> None:
    """Seconds of a whole model on a GPU: layers x concepts x (folds x C + nulls)."""
    import torch

    X = features(n, d)
    batches = [problems(labels(X, seed), NULLS) for seed in range(concepts)]
    batch = [np.concatenate(parts) for parts in zip(*batches, strict=True)]
    tensor = torch.from_numpy(X).to(device)
    together(tensor[:500], *(part[..., :500] if part.ndim == 2 else part for part in batch))
    torch.cuda.synchronize()
    seconds = 0.0
    for _ in range(layers):
        took, converged = together(tensor, *batch)
        seconds += took
    print(
        f"{torch.cuda.get_device_name()}: {layers} layers x {concepts} concepts x "
        f"({FOLDS} folds x {len(PENALTIES)} C + {NULLS} nulls), n = {n:,}, d = {d:,}: "
        f"{seconds:.1f} s (goal 60); converged: {converged}"
    )


def streamed(n: int, d: int) -> None:
    """Seconds and memory of a fit whose features are read from a file in blocks."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "features.bin"
        mixing = features(d, d, 3) / np.sqrt(d)
        generator = np.random.default_rng(4)
        y = np.zeros(n, dtype=np.int64)
        # Not by a memory map: its pages would count as memory in use.
        with path.open("wb") as file:
            for start in range(0, n, 10_000):
                block = generator.standard_normal((min(10_000, n - start), d)) @ mixing
                file.write(block.astype(np.float32).tobytes())
                noise = 0.5 * generator.standard_normal(len(block)) * block[:, 0].std()
                y[start : start + len(block)] = block[:, 0] + noise > 0
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        mapped = np.memmap(path, dtype=np.float32, mode="r", shape=(n, d))
        start_time = time.perf_counter()
        fits = fit_logistic_batch(SharedFeatures(mapped), np.stack([y, y]), [1e-4, 1e-2])
        seconds = time.perf_counter() - start_time
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{n:,} x {d:,} ({n * d * 4 / 1e9:.1f} GB) from a file, two C: {seconds:.0f} s, "
            f"peak memory {peak:,.0f} MB (goal 4,000), of which {before:,.0f} MB were there before "
            f"the fit; converged: {fits.converged.all()}, {fits.steps.max()} Newton steps"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--streamed", action="store_true")
    chosen = parser.parse_args()
    if chosen.streamed:
        streamed(*((100_000, 512) if chosen.small else (1_000_000, 1_024)))
    elif chosen.device != "cpu":
        on_device(chosen.device, *((500, 256, 2, 2) if chosen.small else (4_000, 4_096, 32, 10)))
    else:
        compare(*((600, 96) if chosen.small else (4_000, 768)))


if __name__ == "__main__":
    main()
