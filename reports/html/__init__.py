"""The HTML report: one self-contained file."""

from reports.html.render import render

__all__ = ["render"]
