"""The conformance suite: requirements, models, checks, explorers and the judge."""
