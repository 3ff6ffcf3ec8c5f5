"""The typed settings: schema, composition, and the slice that each job reads."""
