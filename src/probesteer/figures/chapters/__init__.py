"""The figures of each chapter of the report, with their titles and captions."""
