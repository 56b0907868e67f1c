"""Records → figures (`pip install "headgate[plot]"`)."""

from headgate.plots.curves import draw_curves

__all__ = ["draw_curves"]
