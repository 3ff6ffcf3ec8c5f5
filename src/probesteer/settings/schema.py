"""The schema of `config/`: every key, its type and its default, one dataclass a group.

The dataclasses are not frozen because OmegaConf refuses to compose over frozen ones; nothing
changes them after composition.
"""

from dataclasses import dataclass, field
from typing import Any

from probesteer.settings.drift_schema import DriftSettings


@dataclass
class ModelSettings:
    """`config/model/NAME.yaml`: where the weights come from and how they are loaded."""

    path: str | None = None  # a folder, absolute or relative to the project; wins over `hub`
    hub: str | None = None  # a repository on the Hugging Face hub
    revision: str = "main"  # branch, tag or commit on the hub
    dtype: str = "float32"  # float32, bfloat16 or float16: weights and arithmetic
    device: str = "auto"  # auto (a GPU if there is one), cpu, cuda, cuda:1 …
    trust_remote_code: bool = False  # run Python code that lies beside the weights
    allow_pickle_weights: bool = False  # read *.bin weights where there are no *.safetensors
    blocks: str | None = None  # path of the list of blocks, where it isn't found by itself
    device_map: str | None = None  # such as auto: spread over devices by accelerate
    quantization: dict[str, Any] = field(default_factory=dict)  # a quantization_config's keys


@dataclass
class ChatSettings:
    """How texts are put to an instruction model, by its tokenizer's chat template."""

    user: str | None = None  # what the user says, {text} being the text; null: texts as they are
    system: str | None = None  # the system's turn before it
    messages: bool = False  # texts are whole conversations: lists of {role, content}


@dataclass
class DatasetSettings:
    """Examples from the Hugging Face hub, a folder or a file, read by the `datasets` library."""

    name: str | None = None  # on the hub, or a folder or file (CSV, JSON, JSONL, parquet)
    config: str | None = None  # of a data set that has several
    split: str = "train"
    revision: str | None = None  # branch, tag or commit on the hub
    columns: dict[str, str] = field(default_factory=dict)  # as the concept's, of this set alone


@dataclass
class AskedSettings:
    """What is said before a prompt to ask for each side of a concept in words."""

    positive: str = ""  # asks for label 1; empty: never asked
    negative: str = ""


@dataclass
class ConceptSettings:
    """`config/concept/NAME.yaml`: a labelled concept and its data files."""

    description: str = ""
    labels: list[str] = field(default_factory=lambda: ["0", "1"])  # names of label 0, 1 (, 2 …)
    examples: str = ""  # text or messages, label [, group, pair, split, span]; or `dataset`
    prompts: str = ""  # prompt or messages, positive, negative [, group]
    neutral: str = ""  # text
    position: str = "last"  # last, mean, all, span, user_end or an index
    kind: str = "binary"  # of the label: binary, classes (0, 1, 2 …) or real (a number)
    family: str = ""  # concepts of one family share what their labels mean; probes are swapped
    window: int = 0  # tokens up to the position, each of which gets probes of its own; 0: none
    columns: dict[str, str] = field(default_factory=dict)  # our name: the files' name for it
    chat: ChatSettings = field(default_factory=ChatSettings)
    asked: AskedSettings = field(default_factory=AskedSettings)
    dataset: DatasetSettings = field(default_factory=DatasetSettings)


@dataclass
class SplitSettings:
    """Shares of the examples that train, choose and report, dealt out in whole groups."""

    train: float = 0.6
    validation: float = 0.2
    test: float = 0.2


@dataclass
class ActivationSettings:
    """How activations are read and stored."""

    sites: list[str] = field(default_factory=lambda: ["resid_post"])
    dtype: str = "float32"  # of the stored files: float32, float16 or bfloat16
    batch_tokens: int = 4096  # tokens of one padded batch
    truncate: bool = False  # cut texts that the model can't take; false: refuse them
    shards: int = 1  # jobs that the examples of a concept are divided among
    untrained: bool = True  # read the same model with re-initialised weights too, as a baseline


@dataclass
class ProbeSettings:
    """Logistic probes, their controls, and other probes beside them."""

    C: list[float] = field(default_factory=lambda: [0.001, 0.01, 0.1, 1.0, 10.0, 100.0])
    folds: int = 5
    device: str = "cpu"  # on which probes are fitted: cpu, cuda, cuda:1 …
    shuffled_draws: int = 100  # probes fitted to permuted labels
    control_draws: int = 5  # control tasks: a label dealt to every word, whatever it means
    resplits: int = 4  # other splits of the groups on which all is fitted and tested again
    bootstrap_draws: int = 1000  # resamples of the groups behind every interval
    estimators: list[str] = field(
        default_factory=lambda: [
            "difference_of_means",
            "nearest_centroid",
            "lda",
            "ridge",
            "ccs",
            "mlp",
            "nearest_neighbours",
        ]
    )
    neurons: list[int] = field(default_factory=lambda: [1, 2, 4, 8, 16, 32])  # of sparse probes
    bases: int = 5  # random bases in which sparse probes are fitted for comparison


@dataclass
class DirectionSettings:
    """Which directions are derived from the activations."""

    methods: list[str] = field(default_factory=lambda: ["difference_of_means", "logistic"])
    random_draws: int = 8  # norm-matched random directions
    orthogonal_draws: int = 0  # orthogonal to the concept, where the activations vary
    shuffled_draws: int = 0  # differences of means of shuffled labels
    resample_draws: int = 0  # resamples of the groups to which every method is fitted again
    file: str | None = None  # of the method `file`: .npy, .safetensors or .gguf
    other_concepts: list[str] = field(default_factory=list)  # pushed along as controls


@dataclass
class SampleSettings:
    """The table of sampled continuations."""

    strengths: list[float] = field(default_factory=lambda: [-4.0, -2.0, 0.0, 2.0, 4.0])
    prompts: int = 3
    new_tokens: int = 16
    temperature: float = 0.7


@dataclass
class OperatorSettings:
    """How hard an operator other than add is tried."""

    strengths: list[float] = field(default_factory=list)  # []: not measured
    unit: str = "share"


@dataclass
class OperatorsSettings:
    """Operators beside add; clamp and rotate take the units of a push, the others shares."""

    ablate: OperatorSettings = field(default_factory=OperatorSettings)
    clamp: OperatorSettings = field(default_factory=lambda: OperatorSettings(unit="gap"))
    reflect: OperatorSettings = field(default_factory=OperatorSettings)
    rotate: OperatorSettings = field(default_factory=lambda: OperatorSettings(unit="angle"))
    scale: OperatorSettings = field(default_factory=OperatorSettings)
    erase: OperatorSettings = field(default_factory=OperatorSettings)

    @property
    def measured(self) -> dict[str, OperatorSettings]:
        """Those that have strengths, by name."""
        return {name: dose for name, dose in vars(self).items() if dose.strengths}


@dataclass
class SteeringSettings:
    """The dose-response grid: directions added at every layer."""

    strengths: list[float] = field(default_factory=lambda: [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0])
    unit: str = "gap"  # gap, sigma, norm or angle (degrees)
    operators: OperatorsSettings = field(default_factory=OperatorsSettings)
    positions: list[str] = field(default_factory=lambda: ["from_last", "all"])
    layers: list[int] | None = None  # blocks to steer at; null: the embedding and every block
    prompts: int | None = None  # at most so many prompts; null: all of them
    neutral_texts: int | None = None  # at most so many neutral texts; null: all of them
    batch_tokens: int = 4096
    bootstrap_draws: int = 1000
    samples: SampleSettings = field(default_factory=SampleSettings)
    readout: list[float] = field(default_factory=lambda: [-1.0, 1.0])  # what later probes read
    entanglement: list[float] = field(default_factory=list)  # how other concepts move; []: not


@dataclass
class ScaleSettings:
    """How far one may push: a fine range of strengths, and the activation itself scaled."""

    strengths: list[float] = field(
        default_factory=lambda: [
            *(-32.0, -16.0, -8.0, -6.0, -4.0, -3.0, -2.0, -1.0, -0.5, -0.25),
            0.0,
            *(0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 16.0, 32.0),
        ]
    )
    unit: str = "gap"
    operators: list[str] = field(default_factory=lambda: ["add"])  # add, rotate, clamp
    slope_range: float = 2.0  # strengths up to this size go into the slope of a prompt
    linear_tolerance: float = 0.2  # a response is linear while it is off by no more than this share
    cost: float = 0.1  # KL in nats at which the effects of layers are compared
    positions: str = "from_last"
    factors: list[float] = field(
        default_factory=lambda: [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0]
    )
    layers: list[int] | None = None
    prompts: int | None = None
    neutral_texts: int | None = None
    batch_tokens: int = 4096
    bootstrap_draws: int = 1000


@dataclass
class DictionarySettings:
    """Sparse dictionaries, learned from the training rows of all concepts."""

    kinds: list[str] = field(default_factory=lambda: ["sparse_coding", "relu", "topk", "jumprelu"])
    sites: list[str] = field(default_factory=lambda: ["resid_post"])  # the embedding goes along
    atoms: int = 256
    active: int = 8  # codes of topk that are not 0
    coding_penalty: float = 0.1  # of sparse coding, as a share of the activations' mean norm
    penalty: float = 0.1  # of relu and jumprelu, likewise
    epochs: int = 5  # of sparse coding
    steps: int = 800  # of the autoencoders
    rows: int = 20_000  # at most so many activations to learn from


@dataclass
class GeometrySettings:
    """Superposition, polytopes, dictionaries and arithmetic; only the parts named run."""

    parts: list[str] = field(default_factory=list)
    trained_toys: bool = True  # try the instruments on toys that must be trained, too
    threshold: float = 0.9  # a neuron reads a concept from this AUROC on, either way round
    random_draws: int = 5  # random directions, rotations and shuffled labels beside them
    examples: int = 120  # of a concept, whose spline codes are compared
    paths: int = 16  # of these, from which rays and pushes start
    factors: list[float] = field(
        default_factory=lambda: [round(0.1 * step, 1) for step in range(41)]
    )  # of the rays through an activation
    strengths: list[float] = field(
        default_factory=lambda: [0.5 * step for step in range(-32, 33)]
    )  # of the pushes along the difference of means
    unit: str = "gap"
    codes: str = "hard"  # soft: those of smooth functions beside them
    plane: int = 41  # points a side of the plane through three activations; 0 leaves it out
    shuffled_labels: str | None = None  # folder of the same model trained on labels by lot
    components: int = 8  # directions of PCA and of NMF a layer, held against clusters
    # Two concepts each that are composed; None: every two whose examples share texts.
    compositions: list[list[str]] | None = None
    dictionaries: DictionarySettings = field(default_factory=DictionarySettings)
    drift: DriftSettings = field(default_factory=DriftSettings)


@dataclass
class PlotSettings:
    """Look of the figures; widths in inches."""

    column_width: float = 3.3
    double_width: float = 6.9
    font_size: float = 7.5
    palette: str = "colorblind"
    dpi: int = 200


@dataclass
class Settings:
    """One experiment, composed and validated."""

    experiment: str = "quickstart"
    seed: int = 0
    models: list[str] = field(default_factory=list)  # names of files in config/model
    concepts: list[str] = field(default_factory=list)  # names of files in config/concept
    model_path: str | None = None  # folder of the weights, for the one model of a run
    model: dict[str, ModelSettings] = field(default_factory=dict)
    concept: dict[str, ConceptSettings] = field(default_factory=dict)
    split: SplitSettings = field(default_factory=SplitSettings)
    activations: ActivationSettings = field(default_factory=ActivationSettings)
    probe: ProbeSettings = field(default_factory=ProbeSettings)
    directions: DirectionSettings = field(default_factory=DirectionSettings)
    steering: SteeringSettings = field(default_factory=SteeringSettings)
    scale: ScaleSettings = field(default_factory=ScaleSettings)
    geometry: GeometrySettings = field(default_factory=GeometrySettings)
    plot: PlotSettings = field(default_factory=PlotSettings)
