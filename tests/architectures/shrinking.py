"""Small configurations of every architecture, by rules on the names of their settings.

A setting that counts something (layers, heads, experts, words, pixels) is made small; the few
families for which that isn't enough have a line of their own in `families.py`.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from tests.architectures.families import FAMILIES, KEEP

# What a setting becomes, by the names that architectures have for it.
_RULES: list[tuple[Any, str]] = [
    # width
    (
        32,
        "hidden_size n_embd d_model dim embed_dim emb_dim embedding_size encoder_hidden_size "
        "word_embed_proj_dim output_hidden_size hidden_dim d_embed attention_hidden_size "
        "lru_width cross_attention_hidden_size embedding_dim hidden_size_global d_latents "
        "router_hidden_size embedding_rank mm_embed_dim output_proj_dims audio_embed_dim "
        "nemo_conv_channels ext_pw_out_channel depthwise_separable_out_channel adapter_in_dim "
        "adapter_out_dim adapter_input_size audio_hidden_size "
        "downsample_hidden_size out_hidden_size",
    ),
    (8, "head_dim d_kv kv_channels attention_head_dim global_head_dim"),
    (
        64,
        "intermediate_size ffn_dim d_ff n_inner ffn_hidden_size decoder_ffn_dim encoder_ffn_dim "
        "d_inner dense_ffn_hidden_size shared_expert_intermediate_size intermediate_size_mlp "
        "shared_experts_intermediate_size",
    ),
    (
        16,
        "moe_intermediate_size moe_ffn_hidden_size expert_ffn_hidden_size "
        "moe_shared_expert_intermediate_size expert_dim",
    ),
    # depth and heads
    (
        3,
        "num_hidden_layers n_layer n_layers num_layers decoder_layers encoder_layers "
        "num_decoder_layers num_encoder_layers depth num_self_attends_per_block",
    ),
    (
        4,
        "num_attention_heads n_head n_heads num_heads decoder_attention_heads "
        "encoder_attention_heads num_decoder_heads num_self_attention_heads",
    ),
    (
        2,
        "num_key_value_heads n_head_kv num_kv_heads num_query_groups multi_query_group_num "
        "decoder_num_key_value_heads global_num_key_value_heads",
    ),
    # mixtures of experts
    (4, "num_experts num_local_experts n_routed_experts moe_num_experts num_moe_experts"),
    (2, "num_experts_per_tok num_experts_per_token moe_topk moe_k moe_top_k"),
    (1, "n_group topk_group num_expert_group n_shared_experts moe_num_shared_experts"),
    (1, "num_shared_experts"),
    # latent attention: the rotated part and the rest make a head's size
    (16, "q_lora_rank kv_lora_rank o_lora_rank qk_head_dim"),
    (8, "qk_nope_head_dim v_head_dim qk_rope_head_dim index_head_dim"),
    (2, "index_n_heads"),
    (64, "index_topk"),
    # states of recurrent layers
    (8, "state_size mamba_d_state ssm_state_size d_state mamba_d_head mamba_head_dim"),
    (8, "mamba_headdim mamba_n_heads mamba_num_heads n_mamba_heads chunk_size mamba_chunk_size"),
    (8, "linear_key_head_dim linear_value_head_dim linear_head_dim"),
    (2, "linear_num_key_heads linear_num_value_heads linear_num_heads"),
    (4, "mamba_dt_rank time_step_rank"),
    # words and positions
    (64, "vocab_size decoder_vocab_size vocab_size_per_layer_input src_vocab_size tgt_vocab_size"),
    (
        64,
        "max_position_embeddings n_positions max_seq_len n_ctx max_sequence_length "
        "max_source_positions max_target_positions seq_length",
    ),
    (32, "sliding_window attention_window window_size local_attention"),
    (1, "num_codebooks num_cross_attention_heads"),
    (4, "mm_tokens_per_image"),
    (8, "num_latents num_filters mm_posemb_size"),
    (20, "encoder_hash_byte_group_vocab"),
    (0, "pad_token_id"),
    (1, "bos_token_id decoder_start_token_id cls_token_id"),
    (2, "eos_token_id sep_token_id type_vocab_size num_hash_functions"),
    (3, "mask_token_id"),
    (None, "forced_bos_token_id forced_eos_token_id"),
    (4, "rotary_dim"),
    (8, "hidden_size_per_layer_input num_buckets relative_attention_num_buckets"),
    # images
    (32, "image_size"),
    (8, "patch_size"),
    (3, "num_channels"),
]
RULES = {name: value for value, names in _RULES for name in names.split()}
# Other special tokens are here: inside the vocabulary, and in no text.
_SPECIAL_TOKEN = 4

# Attention here reads the layer's input and the embedding side by side, and works out its sizes;
# the second hybrid layer shares the weights of the first.
_ZAMBA = {
    "attention_hidden_size": KEEP,
    "attention_head_dim": KEEP,
    "num_hidden_layers": 4,
    "layers_block_type": ["linear_attention", "hybrid"] * 2,
}
# What no rule on a name can know, by the class of the configuration; `families.py` has the rest.
_FAMILIES: dict[str, dict[str, Any]] = {
    # Sizes that others must equal, or divide.
    "EsmcConfig": {"num_key_value_heads": 4},  # refuses groups of heads
    "NeoMMEConfig": {"head_dim": 16},  # rotates a quarter of a head, in fours
    "FalconH1Config": {"mamba_d_ssm": 64},  # heads times their size
    "xLSTMConfig": {"hidden_size": 128, "embedding_dim": 128},  # rounds widths up by 64s
    "EfficientNetConfig": {"hidden_dim": 256},  # 1280 times the coefficient of the width
    "CvtConfig": {"depth": [1, 2, 3]},  # more blocks in a stage than stages before it
    "ZayaConfig": {"num_experts_per_tok": 1},  # refuses more
    "ZambaConfig": _ZAMBA,
    "Zamba2Config": _ZAMBA,
    # The last layers go on with the keys of the last layer of their kind that has its own.
    "Gemma3nTextConfig": {
        "num_hidden_layers": 4,
        "num_kv_shared_layers": 2,
        "intermediate_size": 64,  # a list by default
        "layer_types": ["sliding_attention", "full_attention"] * 2,
    },
    # The words that its answer is read from, which its configuration doesn't declare.
    "ShieldGemma2Config": {"yes_token_index": 5, "no_token_index": 6},
    # Rotations by kind of layer.
    "CohereCompassTextConfig": {
        "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10000.0}}
    },
    "DbrxAttentionConfig": {"rope_theta": 10000.0, "clip_qkv": 8.0},  # none by default
    # Attention to chosen blocks of tokens, which is off by default and which its layers need.
    "Qwen4ExpTextConfig": {
        "indexer_n_heads": 2,
        "indexer_kv_heads": 1,
        "indexer_head_dim": 8,
        "indexer_budget": 64,
        "indexer_compress_ratio": 4,
        "hc_lowrank": 8,
    },
    # By layer, for as many layers as the real ones have.
    "Dots3NoteVisionConfig": {"pyramid_num_routed": [-1, 4, 4]},
    "Dots3NoteTextConfig": {
        "swa_num_attention_heads": 4,
        "swa_num_key_value_heads": 4,
        "swa_q_lora_rank": 16,
        "swa_kv_lora_rank": 16,
        "swa_head_dim": 16,
        "swa_qk_nope_head_dim": 8,
        "swa_v_head_dim": 8,
        "head_dim": 16,
    },
    "VibeVoiceAcousticTokenizerEncoderConfig": {
        "downsampling_ratios": (2, 2),
        "depths": (1, 1, 1),
    },
}


def tiny_config(kind: type[PreTrainedConfig], **own: Any) -> PreTrainedConfig:
    """A small configuration of class `kind`; `own`: settings that differ from the rules.

    Raises what the class itself raises where it can't be made so.
    """
    name_of_class = kind.__name__
    family = {**FAMILIES.get(name_of_class, {}), **_FAMILIES.get(name_of_class, {}), **own}
    plain = kind()
    accepted = _accepted(kind, plain)
    chosen: dict[str, Any] = {}
    for name in accepted & set(RULES):
        if not isinstance(plain.to_dict().get(name), list | tuple | dict):
            chosen[name] = RULES[name]
    for name in accepted - set(RULES):
        if name.endswith(("_token_id", "_token_index")) and isinstance(getattr(plain, name), int):
            chosen[name] = _SPECIAL_TOKEN
    if "kv_lora_rank" in accepted:
        # Latent attention has no groups of heads.
        chosen["num_key_value_heads"] = RULES["num_attention_heads"]
    for name, part, settings in _parts(kind, plain):
        if name in accepted:
            chosen[name] = tiny_config(part, **settings)
    whole = {name: value for name, value in {**chosen, **family}.items() if value is not KEEP}
    config = kind(**whole)
    layer_types = kind.attribute_map.get("layer_types", "layer_types")
    if layer_types not in family:
        chosen_layers = _with_every_kind(_layers(config), _layers(plain))
        if chosen_layers != _layers(config):
            config = kind(**whole, **{layer_types: chosen_layers})
    return config


def _layers(config: PreTrainedConfig) -> list[str]:
    """What each layer is, where a model has layers of several kinds; else empty."""
    return list(getattr(config, "layer_types", None) or [])


def _with_every_kind(few: list[str], many: list[str]) -> list[str]:
    """As many layers as `few`, with each kind of `many`: repeated ones make room for it."""
    layers = [*few, *(layer for layer in dict.fromkeys(many) if layer not in few)]
    for layer in few:
        if len(layers) > len(few) and layers.count(layer) > 1:
            layers.remove(layer)
    return layers


def _accepted(kind: type[PreTrainedConfig], plain: PreTrainedConfig) -> set[str]:
    """The settings that the class takes, under its own names for them."""
    named = set(inspect.signature(kind.__init__).parameters) | set(plain.to_dict())
    return named - set(kind.attribute_map) - {"self", "kwargs"}


def _parts(
    kind: type[PreTrainedConfig], plain: PreTrainedConfig
) -> Iterator[tuple[str, type[PreTrainedConfig], dict[str, Any]]]:
    """Name, class and settings of the configurations that a configuration is made of.

    A part whose class is left to `AutoConfig` is of the class that it has by default.
    """
    for name, declared in (kind.sub_configs or {}).items():
        default = getattr(plain, name, None)
        if isinstance(default, PreTrainedConfig):
            declared = type(default)
        elif declared is AutoConfig:
            continue
        specified = kind.sub_configs_defaults.get(name)
        settings = (specified.init_kwargs or {}) if specified else {}
        yield name, declared, {k: v for k, v in settings.items() if _chosen_by_hand(k, v)}


def _chosen_by_hand(name: str, value: Any) -> bool:
    """Whether a part's setting is a choice of its kind: no size, nor a letter for each layer."""
    if name in RULES or "pattern" in name:
        return False
    return value is None or isinstance(value, bool | str)
