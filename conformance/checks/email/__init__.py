"""The checks of the family `email`, one module a group of requirements."""

from conformance.checks.email import close, end, start
from conformance.checks.email.base import CHECKS

__all__ = ["CHECKS", "close", "end", "start"]
