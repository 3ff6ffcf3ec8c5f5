"""How well probes read, with intervals: every measure over many sets of row weights at once."""
