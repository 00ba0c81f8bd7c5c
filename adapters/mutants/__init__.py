"""Implementations with one fault each, and correct ones that differ from the reference.

A mutant is the reference with one class replaced by a subclass, which stands in the module of the
group of requirements that it breaks; the `hidden_*` modules hold faults that need a rare history.
They prove that the suite finds faults, and the benign variants that it accuses nobody wrongly.
"""

from adapters.mutants import (
    benign,
    benign_files,
    benign_simple,
    callbacks,
    calls,
    closing,
    contents,
    email_benign,
    email_closing,
    email_ending,
    email_starting,
    files,
    harm,
    harnesses,
    hidden_imsg,
    hidden_simple,
    logging_off,
    logging_on,
    messages,
    opening,
    opening_effects,
    parts,
    racing,
    readers,
)
from adapters.mutants.registry import BENIGN, MUTANTS, Benign, Mutant

__all__ = [
    "BENIGN",
    "MUTANTS",
    "Benign",
    "Mutant",
    "benign",
    "benign_files",
    "benign_simple",
    "callbacks",
    "calls",
    "closing",
    "contents",
    "email_benign",
    "email_closing",
    "email_ending",
    "email_starting",
    "files",
    "harm",
    "harnesses",
    "hidden_imsg",
    "hidden_simple",
    "logging_off",
    "logging_on",
    "messages",
    "opening",
    "opening_effects",
    "parts",
    "racing",
    "readers",
]
