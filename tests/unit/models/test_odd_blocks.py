"""Blocks of no architecture here: what is found in them, and where their sites are."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from probesteer.models.anatomy import BlockParts, find_parts
from probesteer.models.blocks import Blocks
from probesteer.models.sites import at_place
from probesteer.places import Place

TOKENS = torch.arange(12).reshape(2, 6)


class Model(nn.Module):
    """Embeds tokens and gives them to one block, by name."""

    def __init__(self, block: nn.Module, streams: int = 1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(12, 4)
        self.block = block
        self.streams = streams

    def forward(self, input_ids: Tensor) -> Any:
        x = self.embedding(input_ids)
        if self.streams > 1:
            x = x[:, :, None].repeat(1, 1, self.streams, 1)
        return self.block(hidden_states=x)


class Halving(nn.Module):
    """Every other token is dropped, as between the stages of a hierarchical model."""

    def forward(self, hidden_states: Tensor) -> Tensor:
        return hidden_states[:, ::2]


class Adding(nn.Module):
    """An MLP that gets the tokens of the whole batch in one row after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Linear(4, 4)

    def forward(self, hidden_states: Tensor) -> Tensor:
        flat: Tensor = self.mlp(hidden_states.reshape(-1, 4))
        return hidden_states + flat.view(hidden_states.shape)


@pytest.mark.parametrize(("block", "streams"), [(Halving(), 1), (Adding(), 2)])
def test_a_block_that_adds_nothing_token_by_token_has_no_parts(
    block: nn.Module, streams: int
) -> None:
    model = Model(block, streams)
    found = find_parts(model, [model.block], {"input_ids": TOKENS})
    assert found == [BlockParts(None, None, None, None)]


def test_flat_tokens_come_in_their_batch_where_the_input_is_given_by_name() -> None:
    model = Model(Adding())
    blocks = Blocks(model, [model.block])
    blocks.parts = [BlockParts(None, "mlp", "mlp", None)]
    seen: list[Tensor] = []

    def second_token(x: Tensor) -> Tensor:
        seen.append(x.clone())
        edited = x.clone()
        edited[:, 1] += 1
        return edited

    plain = model(TOKENS)
    with at_place(blocks, Place("mlp_out", 0), second_token):
        moved = model(TOKENS)
    assert [tuple(x.shape) for x in seen] == [(2, 6, 4)]
    expected = plain.clone()
    expected[:, 1] += 1
    torch.testing.assert_close(moved, expected)
