"""The model of email sessions."""
