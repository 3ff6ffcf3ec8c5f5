"""The look that all figures share: widths of a printed page, type sizes, colours."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import seaborn as sns

Colour = tuple[float, float, float]

GREY: Colour = (0.45, 0.45, 0.45)
BAND_GREY: Colour = (0.80, 0.80, 0.80)


@dataclass(frozen=True)
class FigureStyle:
    """Sizes and colours of a printed figure; lengths in inches, type in points."""

    column_width_inches: float = 3.3
    """Width of a figure that stands in one column."""

    double_width_inches: float = 6.9
    """Width of a figure that spans both columns."""

    font_size: float = 7.5
    """Size of titles and axis labels; tick and legend labels are half a point smaller."""

    palette: str = "colorblind"
    """Seaborn palette for categories such as methods and concepts."""

    depth_palette: str = "viridis"
    """Matplotlib colour map that runs from the first place to the last."""

    dpi: int = 200
    """Resolution of formats made of pixels."""

    formats: tuple[str, ...] = ("svg", "png")
    """What `save_figure` writes."""

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Draw inside this context; the settings outside stay as they were."""
        small = self.font_size - 0.5
        settings: dict[Any, Any] = {
            "text.parse_math": False,  # a dollar sign in a name starts no formula
            "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
            "font.size": self.font_size,
            "axes.titlesize": self.font_size,
            "axes.labelsize": self.font_size,
            "figure.labelsize": self.font_size,
            "figure.titlesize": self.font_size,
            "xtick.labelsize": small,
            "ytick.labelsize": small,
            "legend.fontsize": small,
            "legend.title_fontsize": small,
            "legend.frameon": False,
            "legend.handlelength": 1.8,
            "legend.columnspacing": 1.4,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.titlepad": 3.0,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "axes.edgecolor": "0.25",
            "axes.labelpad": 2.5,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
            "xtick.major.size": 2.5,
            "ytick.major.size": 2.5,
            "xtick.major.pad": 2.0,
            "ytick.major.pad": 2.0,
            "lines.linewidth": 1.1,
            "lines.markersize": 2.8,
            "lines.markeredgewidth": 0.0,
            "figure.constrained_layout.h_pad": 0.045,
            "figure.constrained_layout.w_pad": 0.03,
            "figure.facecolor": "white",
            "axes.facecolor": "white",
        }
        with mpl.rc_context(settings):
            yield

    def categories(self, count: int) -> list[Colour]:
        """Colours for `count` categories; they repeat past the length of the palette."""
        return [tuple(colour) for colour in sns.color_palette(self.palette, count)]
