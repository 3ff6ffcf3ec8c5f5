"""Write the outcomes of all architectures as a page: `python -m tests.architectures.table FILE`."""

import logging
import sys
import warnings
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from probesteer.places import SITES
from tests.architectures.entries import Kind, entries
from tests.architectures.outcomes import Outcome, outcome

_NAMES: dict[Kind, str] = {
    "causal": "Causal language models",
    "masked": "Masked language models",
    "encoder_decoder": "Encoder-decoders",
    "image": "Image classifiers",
}
_HEADER = """# Architectures

Made by `make architectures`, with transformers {version}: a tiny random model of every architecture
that it can build small, in which the sites are found and the contract is proved (adding zero is
the identity to the bit, v moves the record by v, the change reaches the output, a text alone and
in a batch agree, and so do passes that go on from a cache). A dot is a site that its blocks have.
What a model lacks isn't there: parallel attention has no `resid_mid`, a mixture of experts no
`mlp_act`.

| kind | in transformers | built | proved |
|---|---|---|---|
"""


def page() -> str:
    """The whole page as Markdown."""
    reached = {kind: [outcome(entry) for entry in entries(kind)] for kind in _NAMES}
    lines = [_HEADER.format(version=version("transformers")).rstrip()]
    for kind, outcomes in reached.items():
        built = sum(found.built for found in outcomes)
        passed = sum(found.passed for found in outcomes)
        lines.append(f"| {_NAMES[kind]} | {len(outcomes)} | {built} | {passed} |")
    for kind, outcomes in reached.items():
        lines += ["", f"## {_NAMES[kind]}", "", *_table(outcomes)]
    return "\n".join(lines) + "\n"


def _table(outcomes: Sequence[Outcome]) -> list[str]:
    sites = " | ".join(f"`{site}`" for site in SITES)
    lines = [f"| architecture | {sites} | not proved because |", "|---" * (len(SITES) + 2) + "|"]
    for found in outcomes:
        dots = " | ".join("•" if site in found.sites and found.passed else "" for site in SITES)
        reason = "" if found.passed else _cell(found)
        lines.append(f"| {found.entry.architecture} | {dots} | {reason} |")
    return lines


def _cell(found: Outcome) -> str:
    what = "" if found.built else "not built small: "
    return (what + found.reason).replace("|", "/").replace("<", "")[:160].strip()


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
