"""What a model does with its input, which decides how it is loaded and read out."""

from typing import Any, Literal

# causal: predicts the next token. masked: predicts the token behind [MASK]. encoder_decoder:
# reads one text and writes another. image: classifies images. encoder: embeds texts.
Kind = Literal["causal", "masked", "encoder_decoder", "image", "encoder"]

# By name, as importing those of images takes seconds.
_LOADERS: dict[Kind, str] = {
    "causal": "AutoModelForCausalLM",
    "encoder_decoder": "AutoModelForSeq2SeqLM",
    "masked": "AutoModelForMaskedLM",
    "image": "AutoModelForImageClassification",
    "encoder": "AutoModel",
}
# In this order: transformers also lists some that write another text as masked models.
_MAPPINGS: dict[Kind, str] = {
    "causal": "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES",
    "encoder_decoder": "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES",
    "masked": "MODEL_FOR_MASKED_LM_MAPPING_NAMES",
    "image": "MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES",
}


def kind_of(architecture: str) -> Kind:
    """The kind of a class of transformers, such as `GPT2LMHeadModel`."""
    from transformers.models.auto import modeling_auto

    for kind, mapping in _MAPPINGS.items():
        for names in getattr(modeling_auto, mapping).values():
            if architecture in ((names,) if isinstance(names, str) else names):
                return kind
    return "encoder"


def loader_of(kind: Kind) -> Any:
    """The class of transformers that loads models of a kind."""
    import transformers

    return getattr(transformers, _LOADERS[kind])


def reader_of(kind: Kind) -> Any:
    """The class of transformers that prepares what models of a kind read."""
    import transformers

    return getattr(transformers, "AutoImageProcessor" if kind == "image" else "AutoTokenizer")
