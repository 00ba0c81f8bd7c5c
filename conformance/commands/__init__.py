"""The commands of `mapi-conformance` beside a run, one module each."""
