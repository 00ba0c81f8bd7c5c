"""The checks of the family `simple`, one module a group of requirements."""

from conformance.checks.simple import call, conv, logoff, logon
from conformance.checks.simple.base import CHECKS

__all__ = ["CHECKS", "call", "conv", "logoff", "logon"]
