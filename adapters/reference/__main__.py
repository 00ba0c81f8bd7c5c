"""`python -m adapters.reference`: the reference as a harness on standard input and output."""

from __future__ import annotations

import sys

from adapters.reference.adapter import Reference
from adapters.serve import serve

if __name__ == "__main__":
    serve(Reference(), sys.stdin.buffer, sys.stdout.buffer)
