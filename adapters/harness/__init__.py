"""Harnesses to start from, one directory a language; see adapters/new_harness.py."""
