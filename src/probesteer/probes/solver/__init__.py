"""One solver for many penalised regressions that share their features."""
