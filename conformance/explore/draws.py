"""Draws that depend on the seed alone.

Hypothesis mixes numbers that it finds in the modules loaded so far into what it draws.
A run under pytest, or next to a module of the user's, would make other calls for the same seed.
"""

from __future__ import annotations

from typing import Any, Final

from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider

BACKEND: Final = "mapi-conformance"


class SeedOnly(HypothesisProvider):
    """The provider of Hypothesis, without the numbers found in loaded modules."""

    def _maybe_draw_constant(self, *_args: Any, **_options: Any) -> None:
        return None


AVAILABLE_PROVIDERS[BACKEND] = SeedOnly
