"""The HTML report: one self-contained file."""

from reports.html.render import render, render_matrix

__all__ = ["render", "render_matrix"]
