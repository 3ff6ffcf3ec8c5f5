"""Numbers as text: the same rounding in sentences, tables and the terminal."""

import math

MISSING = "–"


def number(value: float) -> str:
    """Two decimals, fewer where the number is large; a dash where it is unknown."""
    if not math.isfinite(value):
        return MISSING
    size = abs(value)
    text = f"{value:.{2 if size < 9.995 else 1 if size < 99.95 else 0}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def interval(low: float, high: float) -> str:
    """`[low, high]`, or a dash where neither end is known."""
    if not (math.isfinite(low) or math.isfinite(high)):
        return MISSING
    return f"[{number(low)}, {number(high)}]"


def estimate(value: float, low: float, high: float) -> str:
    """`value [low, high]`, without the brackets where the interval is unknown."""
    ends = interval(low, high)
    if not math.isfinite(value) or ends == MISSING:
        return number(value)
    return f"{number(value)} {ends}"


def spread(mean: float, sd: float) -> str:
    """`mean ± standard deviation`."""
    return f"{number(mean)} ± {number(sd)}"


def p_value(value: float) -> str:
    """Two digits, whatever the size; a dash where it is unknown."""
    return f"{value:.2g}" if math.isfinite(value) else MISSING
