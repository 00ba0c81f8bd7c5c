"""What each requirement asks of an outcome: one function a requirement."""
