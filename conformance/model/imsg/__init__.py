"""The model of message sessions."""
