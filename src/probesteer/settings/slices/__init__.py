"""What each stage reads of the settings, a class a stage: what it doesn't read can't rerun it."""
