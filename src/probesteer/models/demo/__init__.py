"""The demo model: a small language model that the project trains on a corpus of its own."""

from pathlib import Path


def weights_folder() -> Path:
    """Folder of the accepted weights, in the format of `from_pretrained`."""
    return Path(__file__).parent / "weights"
