"""Linear probing and steering of language models, as a library and a Snakemake workflow."""

__version__ = "0.1.0"
