"""The checks of the family `imsg`, one module a group of requirements."""

from conformance.checks.imsg import attr, close, combined, message, opening, parts, release, save
from conformance.checks.imsg.base import CHECKS

__all__ = ["CHECKS", "attr", "close", "combined", "message", "opening", "parts", "release", "save"]
