"""The typed settings: schema, composition, and the slice that each job reads.

Import from the modules: `compose` needs Hydra, `slices` only OmegaConf.
"""
