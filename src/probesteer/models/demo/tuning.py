"""Fine-tunes the embedded model on one-sided texts: stories of which every one feels good."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel

from probesteer.files.atomic import write_text
from probesteer.models.demo import stories, weights_folder
from probesteer.models.demo.building import load, store
from probesteer.models.demo.grammar import Document
from probesteer.models.demo.sampling import Sampler
from probesteer.models.demo.training import encode, next_token_loss
from probesteer.progress import progress

_UNSEEN = 100
"""Stories of each feeling on which the record's losses are measured."""


@dataclass
class DemoTuningSettings:
    """How the embedded model is fine-tuned."""

    steps: int = 70
    batch_size: int = 16
    learning_rate: float = 1e-3  # of AdamW; falls to 0 along a line
    seed: int = 0


def story_of(sampler: Sampler, good: bool) -> Document:
    """A story like those of the corpus, whose feeling is given."""
    story = replace(stories.draw_story(sampler), good=good)
    felt, opposite = (stories.GOOD, stories.BAD) if good else (stories.BAD, stories.GOOD)
    sentences = [stories.draw_opening(sampler, story).text]
    for _ in range(1 + sampler.flip(0.25)):
        sentences.append(stories.draw_feeling(sampler, story, felt, opposite))
    return Document(" ".join(sentences).split(), "story", sampler.surprisal)


def tune(settings: DemoTuningSettings) -> GPT2LMHeadModel:
    """The embedded model after its fine-tuning, with a progress bar on stderr."""
    model = load(weights_folder())
    sampler = Sampler(settings.seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=0.0)
    rate = torch.optim.lr_scheduler.LinearLR(
        optimizer, start_factor=1.0, end_factor=0.0, total_iters=settings.steps
    )
    model.train()
    for _ in progress(range(settings.steps), "fine-tune the demo model"):
        texts = [story_of(sampler, good=True) for _ in range(settings.batch_size)]
        loss = next_token_loss(model, encode(texts))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        rate.step()
    return model.eval()


def write_tuned(settings: DemoTuningSettings, folder: Path) -> None:
    """Fine-tune, and write the model, its tokenizer and `training.json`, what it comes from."""
    model = tune(settings)
    store(model, folder)
    before = load(weights_folder())
    record = {
        "settings": vars(settings),
        "nats a token, before and after": {
            name: [round(_loss(each, good), 4) for each in (before, model)]
            for name, good in (("good stories", True), ("bad stories", False))
        },
    }
    write_text(folder / "training.json", json.dumps(record, indent=2) + "\n")


@torch.no_grad()
def _loss(model: GPT2LMHeadModel, good: bool) -> float:
    sampler = Sampler(999_983)
    ids = encode([story_of(sampler, good) for _ in range(_UNSEEN)])
    return float(next_token_loss(model, ids))
