"""Models: load them, find their blocks, read and write at named sites."""
