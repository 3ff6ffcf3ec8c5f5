"""What reading activations costs beside the bare forward pass, and how much memory it takes.

    python tests/benchmarks/bench_activations.py [--small] [--texts N] [--repeats N]

A model of GPT-2 small's shape with random weights; texts of log-normal lengths, 23 tokens on
average and 120 at most. The floor is the forward pass of the blocks alone over the same
length-sorted batches. The ways take turns in this one process; a figure is the median over the
turns of the ratio of wall-clock times. Memory: the peak of a process of its own that reads a tiny
model. --small: 4 blocks, d = 128, for a few seconds.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import GPT2Config, GPT2LMHeadModel

from probesteer.activations.cache import Request
from probesteer.activations.extraction import fill_cache
from probesteer.activations.reading import Reading
from probesteer.concepts.positions import ReadingRows, parse_position, reading_rows
from probesteer.models.blocks import find_blocks
from probesteer.models.inputs import TextInputs
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import places_of
from probesteer.models.tokens import batches_by_length

BATCH_TOKENS = 2048
Texts = list[NDArray[np.int64]]


@dataclass(frozen=True)
class Shape:
    """Size of the model."""

    layers: int
    width: int
    heads: int
    vocabulary: int


TINY, SMALL, FULL = Shape(2, 16, 2, 100), Shape(4, 128, 4, 700), Shape(12, 768, 12, 50257)


class NoTokenizer:
    """The model is given tokens."""

    pad_token_id = 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="a few seconds instead of minutes")
    parser.add_argument("--texts", type=int, default=384, help="how many are read")
    parser.add_argument("--repeats", type=int, default=5, help="turns that each way takes")
    options = parser.parse_args()
    shape = SMALL if options.small else FULL
    loaded, texts = random_model(shape), random_texts(options.texts, shape.vocabulary)
    print(
        f"{shape.layers} blocks, d = {shape.width}; {len(texts)} texts of "
        f"{np.mean([len(text) for text in texts]):.0f} tokens on average; "
        f"{torch.get_num_threads()} thread(s), {options.repeats} turns"
    )
    with tempfile.TemporaryDirectory() as folder:
        compare(loaded, texts, shape, Path(folder), options.repeats)
        compare_prefix(loaded, shape, Path(folder), options.repeats)
    compare_memory()


def compare(loaded: LoadedModel, texts: Texts, shape: Shape, folder: Path, repeats: int) -> None:
    """The cache against the floor, and against transformers' own hidden states."""
    ways: dict[str, Callable[[], None]] = {
        "floor": lambda: bare_forward(loaded, texts),
        "last": lambda: filled(loaded, texts, "last", folder),
        "all": lambda: filled(loaded, texts, "all", folder),
        "hidden_states": lambda: hidden_states(loaded, texts),
    }
    times = in_turns(ways, repeats)
    floor = times["floor"]
    print(f"{'bare forward pass of the blocks':<60}{np.median(floor):>7.2f} s")
    report("cache, one position of every layer / floor (goal 1.10)", times["last"] / floor)
    report("cache, all positions of every layer / floor (goal 1.25)", times["all"] / floor)
    report(
        "output_hidden_states, batches of 32 / cache (goal 2)",
        times["hidden_states"] / times["last"],
    )


def compare_prefix(loaded: LoadedModel, shape: Shape, folder: Path, repeats: int) -> None:
    """Texts behind a prompt of 100 tokens, with and without sharing it."""
    rests = random_texts(96, shape.vocabulary, seed=1)
    prompt = np.random.default_rng(2).integers(1, shape.vocabulary, 100)
    rests[0][0], rests[1][0] = 1, 2
    texts = [np.concatenate([prompt, rest]) for rest in rests]
    ways = {
        "shared": lambda: filled(loaded, texts, "last", folder),
        "floor": lambda: bare_forward(loaded, texts),
    }
    times = in_turns(ways, repeats)
    report("bare forward / cache, 100 tokens in common", times["floor"] / times["shared"])


def in_turns(ways: dict[str, Callable[[], None]], repeats: int) -> dict[str, NDArray[np.float64]]:
    """Seconds of each way in every turn, after one that isn't counted."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(repeats + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            if turn:
                times[name].append(time.perf_counter() - started)
    return {name: np.array(seconds) for name, seconds in times.items()}


def report(what: str, ratios: NDArray[np.float64]) -> None:
    low, high = ratios.min(), ratios.max()
    print(f"{what:<60}{np.median(ratios):>7.2f}x   ({low:.2f} to {high:.2f})")


@torch.no_grad()
def bare_forward(loaded: LoadedModel, texts: Texts) -> None:
    inputs = TextInputs(texts)
    for batch in batches_by_length(inputs.lengths, BATCH_TOKENS):
        loaded.run_blocks(inputs.batch(loaded, batch.tolist()))


@torch.no_grad()
def hidden_states(loaded: LoadedModel, texts: Texts) -> None:
    """Batches of 32 in the order given, the last token of every layer kept."""
    inputs, kept = TextInputs(texts), []
    for first in range(0, len(texts), 32):
        rows = list(range(first, min(first + 32, len(texts))))
        output = loaded.model(**inputs.batch(loaded, rows), output_hidden_states=True)
        last = torch.tensor([len(texts[row]) - 1 for row in rows])
        states = torch.stack(output.hidden_states)
        kept.append(states[:, torch.arange(len(rows)), last])
    torch.cat(kept, dim=1)


def filled(loaded: LoadedModel, texts: Texts, position: str, folder: Path) -> None:
    """The whole of `fill_cache`, the proof of the sites and the writing of files included."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        reading = Reading(
            TextInputs(texts), rows_of(texts, position), Path("-"), np.arange(len(texts))
        )
        request = Request("m", "float32", "t", "", position, "float32", "x")
        places = places_of(len(loaded.blocks), ["resid_post"])
        fill_cache(loaded, reading, places, Path(own), request, BATCH_TOKENS, {})


def rows_of(texts: Texts, position: str) -> ReadingRows:
    special = [np.zeros(len(text), dtype=int) for text in texts]
    nothing = [None] * len(texts)
    return reading_rows(
        parse_position(position),
        [],
        [mask.tolist() for mask in special],
        nothing,
        [""] * len(texts),
        Path("-"),
    )


def compare_memory() -> None:
    """Peak memory of reading 50,000 short texts against that of 1,000."""
    peaks = {count: in_process(count) for count in (1_000, 50_000)}
    print(
        f"peak memory, 1,000 texts {peaks[1_000]:.0f} MB, 50,000 texts {peaks[50_000]:.0f} MB: "
        f"{peaks[50_000] - peaks[1_000]:+.0f} MB (goal +200)"
    )


def in_process(count: int) -> float:
    """Peak memory of a fresh process that reads so many texts, MB."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_read_tiny, args=(count, sender))
    process.start()
    peak: float = receiver.recv()
    process.join()
    return peak


def _read_tiny(count: int, sender: "multiprocessing.connection.Connection") -> None:
    loaded, texts = random_model(TINY), random_texts(count, TINY.vocabulary)
    with tempfile.TemporaryDirectory() as folder:
        filled(loaded, texts, "last", Path(folder))
    sender.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def random_model(shape: Shape) -> LoadedModel:
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=shape.vocabulary,
        n_positions=512,
        n_embd=shape.width,
        n_layer=shape.layers,
        n_head=shape.heads,
        bos_token_id=None,
        eos_token_id=None,
    )
    model = GPT2LMHeadModel(config).eval().requires_grad_(False)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device)
    return LoadedModel("random", model, NoTokenizer(), find_blocks(model), device, "causal")


def random_texts(count: int, vocabulary: int, seed: int = 0) -> Texts:
    rng = np.random.default_rng(seed)
    lengths = np.clip(rng.lognormal(np.log(18), 0.7, count).round(), 2, 120).astype(int)
    return [rng.integers(1, vocabulary, length) for length in lengths]


if __name__ == "__main__":
    main()
