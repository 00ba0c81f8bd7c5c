"""The columns of the comparison: one engine each, all on the small session API."""
