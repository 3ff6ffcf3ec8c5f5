"""One self-contained page of findings, figures and tables."""
