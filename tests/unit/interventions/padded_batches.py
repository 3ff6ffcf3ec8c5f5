"""Prompts of different lengths in one batch, and what a model has at a place for them."""

from collections.abc import Callable

import torch
from torch import Tensor

from probesteer.interventions.edited_tokens import POSITIONS, Positions, Span
from probesteer.models.loading import LoadedModel
from probesteer.models.sites import at_place
from probesteer.places import SITES, Place

NEW_TOKENS = 6
Wanted = Callable[[int, int], set[int]]

POSITIONED: dict[str, tuple[Positions | int, Wanted]] = {
    # What is chosen of a sequence: (tokens, of these the prompt) -> places of the edited ones.
    "all": (POSITIONS["all"], lambda tokens, prompt: set(range(tokens))),
    "last": (POSITIONS["last"], lambda tokens, prompt: {prompt - 1}),
    "from_last": (POSITIONS["from_last"], lambda tokens, prompt: set(range(prompt - 1, tokens))),
    "generated": (POSITIONS["generated"], lambda tokens, prompt: set(range(prompt, tokens))),
    "number": (1, lambda tokens, prompt: set(range(1, tokens))),
    "span": (Span(1, 3), lambda tokens, prompt: {1, 2}),
}
# Prompts of different lengths, padded below.
ROWS = ((5, 9, 3, 7, 20), (4, 6, 8), (11, 12, 3, 9))


def padded(side: str, rows: tuple[tuple[int, ...], ...] = ROWS) -> tuple[Tensor, Tensor]:
    """Ids and mask: [rows, longest]; the padding is a token that means something elsewhere."""
    longest = max(map(len, rows))
    ids, mask = torch.full((len(rows), longest), 10), torch.zeros(len(rows), longest).long()
    for row, tokens in enumerate(rows):
        part = slice(longest - len(tokens), None) if side == "left" else slice(len(tokens))
        ids[row, part], mask[row, part] = torch.tensor(tokens), 1
    return ids, mask


def inputs_of(loaded: LoadedModel, side: str) -> dict[str, Tensor]:
    ids, mask = padded(side)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if loaded.kind == "encoder_decoder":
        inputs["decoder_input_ids"] = ids.flip(0)
        inputs["decoder_attention_mask"] = mask.flip(0)
    return inputs


@torch.no_grad()
def recorded_at(loaded: LoadedModel, place: Place, inputs: dict[str, Tensor]) -> Tensor:
    seen: list[Tensor] = []
    with at_place(loaded.blocks, place, lambda x: seen.append(x.clone())):
        loaded.model(**inputs)
    return seen[0]


def known_sites(loaded: LoadedModel) -> list[Place]:
    """Every site of the last block, and the embedding; of a decoder the one of its encoder too."""
    last = len(loaded.blocks) - 1
    layers = [last] if loaded.decoder_layer is None else [loaded.decoder_layer - 1, last]
    parts = {
        "resid_mid": "middle",
        "attn_out": "attention_output",
        "head": "attention_output",
        "mlp_out": "mlp_output",
        "mlp_act": "neurons",
    }
    return [Place("resid_pre", 0)] + [
        Place(site, layer)
        for layer in layers
        for site in SITES
        if site not in parts or getattr(loaded.blocks.parts[layer], parts[site]) is not None
    ]


def written(loaded: LoadedModel, ids: Tensor, mask: Tensor, **options: object) -> Tensor:
    output: Tensor = loaded.model.generate(
        ids,
        attention_mask=mask,
        max_new_tokens=NEW_TOKENS,
        min_new_tokens=NEW_TOKENS,
        do_sample=False,
        pad_token_id=0,
        **options,
    )
    return output


def assert_untouched(loaded: LoadedModel) -> None:
    for module in loaded.model.modules():
        assert not module._forward_hooks
        assert not module._forward_pre_hooks
    assert "generate" not in vars(loaded.model)
