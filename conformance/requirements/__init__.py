"""The requirement catalogue: the documents as data."""
