"""Statistics of responses to strength: functions of arrays, without a model and without torch."""
