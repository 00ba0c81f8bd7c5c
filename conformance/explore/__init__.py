"""Explorers: they choose the calls, and players make traces of them."""
