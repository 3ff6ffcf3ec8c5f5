"""The baseline of steering: the concept asked for in words, and the same measured."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.interventions.continuation_tables import NEGATIVE, POSITIVE
from probesteer.interventions.readouts import prompt_rows
from probesteer.interventions.sweep import run_sweep
from probesteer.models.loading import LoadedModel
from probesteer.probes.metrics.intervals import bootstrap_mean
from probesteer.settings.schema import AskedSettings

Numbers = NDArray[np.float64]
_COLUMNS = "site layer method draw positions unit strength split metric value low high n interval"


def measure_prompting(
    loaded: LoadedModel,
    prompts: pd.DataFrame,
    asked: AskedSettings,
    batch_tokens: int,
    draws: int,
    seed: int,
    source: str,
) -> pd.DataFrame:
    """How the predictions change when a sentence before each prompt asks for a side of a concept.

    prompts: columns prompt, positive, negative, group, split. Nothing is pushed. The rows are
    those of the steering table: method "prompting", unit "asked", strength 1 where label 1 is
    asked for and -1 where label 0 is; no site, no layer (-1). Metrics: the change of the logit
    difference and of each continuation's log-probability (nats), means with bootstrap intervals
    over groups, on all prompts and on each split. Empty where nothing is to be asked.

    Raises ProbesteerError for images, which can't be asked anything.
    """
    if not asked.positive:
        return pd.DataFrame(columns=_COLUMNS.split())
    if loaded.kind == "image":
        raise ProbesteerError(
            f"{source} model {loaded.name} is shown images, which nothing can be said before; "
            "leave asked out of the concept's YAML"
        )
    before = _measured(loaded, prompts, batch_tokens, source)
    rows: list[tuple[Any, ...]] = []
    for strength, words in ((-1.0, asked.negative), (1.0, asked.positive)):
        after = _measured(loaded, asking(prompts, words), batch_tokens, f"{source} asked:")
        for metric, values in after.items():
            change = values - before[metric]
            for split, taken in _splits(prompts["split"].to_numpy(dtype=str)):
                groups = prompts["group"].to_numpy(dtype=str)[taken]
                low, high = bootstrap_mean(change[taken], groups, draws, seed)
                key = ("none", -1, "prompting", -1, "none", "asked", strength, split, metric)
                numbers = (float(change[taken].mean()), float(low), float(high), int(taken.sum()))
                rows.append((*key, *numbers, "bootstrap 95%"))
    return pd.DataFrame(rows, columns=_COLUMNS.split())


def asking(prompts: pd.DataFrame, words: str) -> pd.DataFrame:
    """The prompts with `words` said before each."""
    return prompts.assign(prompt=[f"{words} {prompt}" for prompt in prompts["prompt"]])


def _measured(
    loaded: LoadedModel, prompts: pd.DataFrame, batch_tokens: int, source: str
) -> dict[str, Numbers]:
    """[prompts] by metric, in nats."""
    rows = prompt_rows(loaded, prompts, source)
    sweep = run_sweep(loaded, rows, {}, "all", batch_tokens, label="asked")
    return {
        "logit_difference_change": sweep.score,
        POSITIVE: sweep.positive,
        NEGATIVE: sweep.positive - sweep.score,
    }


def _splits(splits: NDArray[Any]) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Every split that has prompts, and all of them: name and mask [prompts]."""
    for split in ("all", "validation", "test"):
        taken = np.ones(len(splits), dtype=bool) if split == "all" else splits == split
        if taken.any():
            yield split, taken
