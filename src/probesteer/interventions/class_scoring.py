"""What is read from a classifier: the log-probability of a class.

Classes are those of an image classifier, or the two sides of a concept in an encoder's embeddings.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import torch
from numpy.typing import NDArray

from probesteer.errors import ProbesteerError
from probesteer.interventions.predictions import predictions
from probesteer.interventions.scoring import ScoredRow
from probesteer.models.images import load_pixels
from probesteer.models.loading import LoadedModel
from probesteer.models.tokens import tokenize

# What a forward pass takes for one example, by the name under which it takes it.
_Example = dict[str, NDArray[Any]]


def score_class_prompts(loaded: LoadedModel, prompts: pd.DataFrame, source: str) -> list[ScoredRow]:
    """Rows whose score is log p(positive) - log p(negative).

    prompts: columns prompt (a text, or the path of an image), positive and negative (names of
    classes; an encoder's are the concept's own two, whatever these columns say); its index counts
    the prompts from 0, errors from 1.

    Raises ProbesteerError for a class that the model doesn't have.
    """
    numbers = (prompts.index + 1).tolist()
    examples = _examples(loaded, prompts["prompt"].tolist(), f"{source} prompt", numbers)
    rows = []
    for item, example in enumerate(examples):
        positive, negative = 1, 0
        if loaded.kind == "image":
            where = f"{source} prompt {numbers[item]}"
            positive = _class(loaded, str(prompts.iloc[item]["positive"]), where)
            negative = _class(loaded, str(prompts.iloc[item]["negative"]), where)
        rows.append(_row(loaded, item, example, (positive, negative), (1, -1), lead=True))
    return rows


@torch.no_grad()
def score_class_texts(loaded: LoadedModel, texts: Sequence[str], source: str) -> list[ScoredRow]:
    """Rows whose score is the log-probability of the class that the unedited model predicts.

    texts: neutral texts, or paths of neutral images.
    """
    rows = []
    numbers = list(range(1, len(texts) + 1))
    for item, example in enumerate(_examples(loaded, texts, f"{source} neutral text", numbers)):
        batch = {name: torch.from_numpy(x)[None].to(loaded.device) for name, x in example.items()}
        likeliest = int(predictions(loaded, batch, 1)[0, 0].argmax())
        rows.append(_row(loaded, item, example, (likeliest,), (1,), lead=False))
    return rows


def _examples(
    loaded: LoadedModel, texts: Sequence[str], source: str, numbers: Sequence[int]
) -> list[_Example]:
    if loaded.kind == "image":
        return [{"pixel_values": load_pixels(loaded, [path])[0].cpu().numpy()} for path in texts]
    return [{"input_ids": ids} for ids in tokenize(loaded, texts, source, numbers).ids]


def _row(
    loaded: LoadedModel,
    item: int,
    example: _Example,
    classes: tuple[int, ...],
    signs: tuple[int, ...],
    lead: bool,
) -> ScoredRow:
    start = 0 if loaded.kind == "image" else len(example["input_ids"]) - 1
    return ScoredRow(item, example, start, 1, (0,) * len(classes), classes, signs, lead)


def _class(loaded: LoadedModel, name: str, where: str) -> int:
    names = {str(label): int(number) for number, label in loaded.model.config.id2label.items()}
    if name not in names:
        some = ", ".join(list(names)[:5])
        raise ProbesteerError(
            f"{where}: {name!r} is no class of model {loaded.name}; use names such as {some}"
        )
    return names[name]
