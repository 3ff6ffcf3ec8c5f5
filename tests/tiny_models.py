"""Tiny random models with tokenizers, saved as real ones are.

Each has a vocabulary of its own: GPT-2 and GPT-NeoX whole words over bytes, without special
tokens; OPT the same after a leading </s>; Llama words after <s>; Bert words between [CLS] and
[SEP]; T5 words before </s>. "encoder" is Bert without a head.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    OPTConfig,
    OPTForCausalLM,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

KINDS = ("gpt2", "llama", "opt", "gptneox", "bert")  # those that predict tokens of their input
ALL_KINDS = (*KINDS, "t5", "encoder")
WIDTH = 16
CONTEXT = 64
TEXTS = (
    "The cat is happy today.",
    "Tom was sad.",
    "A dog and the little bird were very happy, and she said yes.",
    "The old man is not good",
    "She saw the red house and the big dog was there.",
    "No.",
    "He and she were bad, but the day was good.",
    "The cat saw a bird",
)


def save_tiny_model(kind: str, folder: Path) -> Path:
    """Write a model with seeded random weights, and its tokenizer, to `folder`."""
    tokenizer = _tokenizer(kind)
    torch.manual_seed(ALL_KINDS.index(kind))
    model = _BUILDERS[kind](len(tokenizer))
    # Large enough weights that the model's predictions differ from text to text.
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.copy_(torch.randn_like(weights) * 0.25)
            elif weights.abs().max() == 0:
                weights.copy_(torch.randn_like(weights) * 0.05)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _gpt2(vocabulary: int) -> Any:
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocabulary,
            n_positions=CONTEXT,
            n_embd=WIDTH,
            n_layer=3,
            n_head=2,
            bos_token_id=None,
            eos_token_id=None,
        )
    )


def _llama(vocabulary: int) -> Any:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            max_position_embeddings=CONTEXT,
            hidden_size=WIDTH,
            intermediate_size=32,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
        )
    )


def _opt(vocabulary: int) -> Any:
    return OPTForCausalLM(
        OPTConfig(
            vocab_size=vocabulary,
            max_position_embeddings=CONTEXT,
            hidden_size=WIDTH,
            word_embed_proj_dim=WIDTH,
            ffn_dim=32,
            num_hidden_layers=2,
            num_attention_heads=2,
        )
    )


def _gptneox(vocabulary: int) -> Any:
    return GPTNeoXForCausalLM(
        GPTNeoXConfig(
            vocab_size=vocabulary,
            max_position_embeddings=CONTEXT,
            hidden_size=WIDTH,
            intermediate_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
        )
    )


def _bert_config(vocabulary: int) -> BertConfig:
    return BertConfig(
        vocab_size=vocabulary,
        max_position_embeddings=CONTEXT,
        hidden_size=WIDTH,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
    )


def _bert(vocabulary: int) -> Any:
    return BertForMaskedLM(_bert_config(vocabulary))


def _encoder(vocabulary: int) -> Any:
    return BertModel(_bert_config(vocabulary))


def _t5(vocabulary: int) -> Any:
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=vocabulary,
            d_model=WIDTH,
            d_kv=8,
            d_ff=32,
            num_layers=2,
            num_decoder_layers=3,
            num_heads=2,
            decoder_start_token_id=0,
        )
    )


_BUILDERS: dict[str, Callable[[int], Any]] = {
    "gpt2": _gpt2,
    "llama": _llama,
    "opt": _opt,
    "gptneox": _gptneox,
    "bert": _bert,
    "t5": _t5,
    "encoder": _encoder,
}


_MASKED = {
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "pad_token": "[SEP]",
    "mask_token": "[MASK]",
}
# First special token, last one, what is put around a text, and the names of special tokens.
_WORDS: dict[str, tuple[str, str, str, dict[str, str]]] = {
    "llama": ("<s>", "</s>", "<s> $A", {"bos_token": "<s>", "eos_token": "</s>"}),
    "bert": ("[CLS]", "[SEP]", "[CLS] $A [SEP]", _MASKED),
    "encoder": ("[CLS]", "[SEP]", "[CLS] $A [SEP]", _MASKED),
    "t5": ("<pad>", "</s>", "$A </s>", {"pad_token": "<pad>", "eos_token": "</s>"}),
}


def _tokenizer(kind: str) -> Any:
    if kind in _WORDS:
        return _words(*_WORDS[kind])
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = "</s>" if kind == "opt" else "<|endoftext|>"
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        special_tokens=[special],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*TEXTS, *TEXTS], trainer)
    if kind == "opt":
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{special} $A", special_tokens=[(special, 0)]
        )
        return PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token=special, eos_token=special, pad_token=special
        )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=special)


def _words(first: str, last: str, around: str, names: dict[str, str]) -> Any:
    words = sorted({word for text in TEXTS for word in re.findall(r"\w+|[^\w\s]", text)})
    vocabulary = {word: number for number, word in enumerate([first, last, "<unk>", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=around, special_tokens=[(first, 0), (last, 1)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **names)
