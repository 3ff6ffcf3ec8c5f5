"""The cache of activations: one file a layer, filled once, memory-mapped by readers."""
