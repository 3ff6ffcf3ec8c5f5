"""What a probe reads without the concept: shuffled labels, control tasks, words alone."""
