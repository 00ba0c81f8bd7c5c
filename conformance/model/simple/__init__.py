"""The model of Simple MAPI."""
