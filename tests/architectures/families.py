"""What the rules of `shrinking.py` can't know, by the class of the configuration."""

from typing import Any

KEEP = object()  # leave the setting as the class has it

_HYBRID = {"num_hidden_layers": 4}  # the last of four has attention
_STAGES = {"hidden_sizes": [8, 16, 16, 32], "depths": [1, 1, 2, 1], "patch_size": KEEP}
_HEADS_OF_STAGES = {
    "embed_dim": 16,
    "depths": [1, 2],
    "num_heads": [2, 4],
    "window_size": 4,
    "patch_size": 4,
}

FAMILIES: dict[str, dict[str, Any]] = {
    # Attention in some layers only.
    "BambaConfig": {"attn_layer_indices": [1]},
    "GraniteMoeHybridConfig": {"layer_types": ["mamba", "attention", "mamba"]},
    "JambaConfig": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "BailingHybridConfig": {"layer_group_size": 2},
    "Qwen3_5TextConfig": _HYBRID,
    "Qwen3_5MoeTextConfig": _HYBRID,
    "Qwen3NextConfig": _HYBRID,
    "Qwen4ExpTextConfig": _HYBRID,
    "Lfm2MoeConfig": {"layer_types": ["conv", "full_attention", "conv"]},
    "Mamba2Config": {"num_heads": 8},
    "GPTNeoConfig": {"num_layers": 4, "attention_types": [[["global", "local"], 2]]},
    "ReformerConfig": {
        "is_decoder": True,
        "axial_pos_embds": False,
        "attn_layers": ["local", "lsh", "local"],
        "num_hidden_layers": 3,
    },
    # Tables besides that of the words.
    "RoCBertConfig": {"pronunciation_vocab_size": 20, "shape_vocab_size": 20},
    "PegasusXConfig": {"block_size": 16},
    "LukeConfig": {"entity_vocab_size": 20},
    "MPNetConfig": {"relative_attention_num_buckets": KEEP},
    "XmodConfig": {"default_language": "en_XX"},
    # Images: sizes by stage.
    "ResNetConfig": {**_STAGES, "embedding_size": 8},
    "RegNetConfig": {**_STAGES, "embedding_size": 8, "groups_width": 4},
    "BitConfig": {**_STAGES, "embedding_size": 8, "num_groups": 4},
    "ConvNextConfig": _STAGES,
    "ConvNextV2Config": _STAGES,
    "PoolFormerConfig": _STAGES,
    "CvtConfig": {"embed_dim": [8, 16, 32], "depth": [1, 1, 2], "num_heads": [1, 2, 4]},
    "PvtConfig": {
        "hidden_sizes": [8, 16, 16, 32],
        "depths": [1, 1, 2, 1],
        "num_attention_heads": [1, 2, 2, 4],
        "image_size": 64,
    },
    "SwinConfig": _HEADS_OF_STAGES,
    "Swinv2Config": _HEADS_OF_STAGES,
    "DonutSwinConfig": _HEADS_OF_STAGES,
    "HieraConfig": {
        "embed_dim": 8,
        "depths": [1, 2],
        "num_heads": [1, 2],
        "image_size": [32, 32],
        "query_stride": [2, 2],
        "masked_unit_size": [4, 4],
        "num_query_pool": 1,
        "patch_size": KEEP,
        "patch_stride": [4, 4],
    },
    "EfficientNetConfig": {"width_coefficient": 0.2, "depth_coefficient": 0.2, "hidden_dim": KEEP},
    "HGNetV2Config": {
        "stem_channels": [3, 8, 8],
        "stage_in_channels": [8, 8, 16, 16],
        "stage_mid_channels": [8, 8, 8, 8],
        "stage_out_channels": [8, 16, 16, 32],
        "hidden_sizes": [8, 16, 16, 32],
    },
    "LevitConfig": {
        "hidden_sizes": [16, 32, 48],
        "num_attention_heads": [2, 4, 6],
        "image_size": 64,
        "patch_size": 16,
    },
    "MobileViTV2Config": {"image_size": 64, "width_multiplier": 0.25, "patch_size": KEEP},
    "TextNetConfig": {
        "hidden_sizes": [8, 8, 16, 16, 16],
        "stem_out_channels": 8,
        "image_size": [64, 64],
    },
}
