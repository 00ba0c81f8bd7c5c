"""A small session API on which engines are compared: see docs/benchmarks.md."""
