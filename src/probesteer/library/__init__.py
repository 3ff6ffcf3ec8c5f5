"""The public calls, as in `import probesteer as ps`: load, concept, cache, probe, direction, …"""
