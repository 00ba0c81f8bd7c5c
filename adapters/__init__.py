"""What stands on the other side: adapters to implementations, and the reference implementation."""
