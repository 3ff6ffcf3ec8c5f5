"""The word-level tokenizer of the demo model."""

from functools import cache
from typing import Final

from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from probesteer.models.demo.grammar import Grammar

PAD: Final = "<pad>"
BOS: Final = "<bos>"
EOS: Final = "<eos>"
UNKNOWN: Final = "<unk>"
PAD_ID: Final = 0
BOS_ID: Final = 1
EOS_ID: Final = 2

_N_DOCUMENTS = 40_000
"""Enough draws that every word of the corpus turns up many times."""


@cache
def vocabulary() -> dict[str, int]:
    """Every word of the corpus with its id; the four special tokens come first."""
    grammar = Grammar(seed=0)
    seen: set[str] = set()
    for _ in range(_N_DOCUMENTS):
        seen.update(grammar.document().words)
    return {word: index for index, word in enumerate([PAD, BOS, EOS, UNKNOWN, *sorted(seen)])}


def build_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer that splits at spaces and puts <bos> in front."""
    tokenizer = Tokenizer(models.WordLevel(vocabulary(), unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, BOS_ID)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        unk_token=UNKNOWN,
        padding_side="right",
    )
