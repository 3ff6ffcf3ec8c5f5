"""Sparse dictionaries of activations: more atoms than dimensions, few of them active at a time."""
