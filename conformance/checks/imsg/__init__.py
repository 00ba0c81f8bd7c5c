"""The checks of the family `imsg`, one module a group of requirements."""

from conformance.checks.imsg import close, message, opening, release
from conformance.checks.imsg.base import CHECKS

__all__ = ["CHECKS", "close", "message", "opening", "release"]
