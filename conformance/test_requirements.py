"""The test items of the pytest front (see :mod:`conformance.plugin`)."""

from __future__ import annotations

import pytest

from conformance.plugin import judged


def test_requirement(requirement: str, pytestconfig: pytest.Config) -> None:
    """The implementation keeps one documented requirement."""
    judged(pytestconfig, requirement)
