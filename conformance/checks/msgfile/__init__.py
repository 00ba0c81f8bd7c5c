"""The checks of the family `msgfile`, one module a group of requirements."""

from conformance.checks.msgfile import names, parts, properties, readers, roundtrip, top
from conformance.checks.msgfile.base import CHECKS, RULES, Flaw, look

__all__ = [
    "CHECKS",
    "RULES",
    "Flaw",
    "look",
    "names",
    "parts",
    "properties",
    "readers",
    "roundtrip",
    "top",
]
