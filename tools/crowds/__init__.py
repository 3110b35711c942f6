"""Crowds of clients, without browsers, in the examples: `python -m tools.crowds.game`."""
