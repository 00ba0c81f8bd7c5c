"""Counterexamples as things to run: a trace file, a Python test, a C program, a command."""
